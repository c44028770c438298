namespace Arow.Tests.Unit.Onnx;

/// <summary>A graph of one node.</summary>
/// <param name="Operator">Its operator.</param>
/// <param name="Opset">Version of the operators.</param>
/// <param name="X">The first input, that of the graph; if it holds no real numbers, a constant.</param>
/// <param name="Others">The other inputs, constants; null for one that is left out.</param>
/// <param name="Attributes">Attributes.</param>
internal sealed record OperatorCase(
    string Operator, long Opset, Tensor X, Tensor?[] Others, params (string Name, object Value)[] Attributes)
{
    /// <summary>Number of outputs.</summary>
    public int Outputs { get; init; } = 1;

    /// <summary>Number of outputs that are compared, the first ones; null for all.</summary>
    public int? Compared { get; init; }

    /// <summary>Place of the graph's input among the inputs of the node.</summary>
    public int Place { get; init; }

    /// <summary>Whether the input is where the function jumps.</summary>
    public bool IsStep { get; init; }

    /// <summary>Name for messages.</summary>
    public override string ToString() =>
        $"{Operator} {Opset} [{(X is null ? "" : string.Join(", ", X.shape))}] {string.Join(' ', Attributes.Select(a => $"{a.Name}={Text(a.Value)}"))}";

    private static string Text(object value) => value is long[] list ? string.Join(',', list) : $"{value}";
}
