namespace Arow.Onnx.Operators;

/// <summary>What is the same for all nodes of a computation.</summary>
/// <param name="Opset">Version of the operators.</param>
/// <param name="Real">Floating-point type.</param>
/// <param name="Device">Device of the images.</param>
/// <param name="MaxElements">Largest number of elements of a tensor.</param>
/// <param name="IsFolding">Whether constants are computed, not images.</param>
internal sealed record GraphContext(long Opset, ScalarType Real, Device Device, double MaxElements, bool IsFolding = false);
