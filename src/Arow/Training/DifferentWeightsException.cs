namespace Arow.Training;

/// <summary>The processes of a training have come to other weights.</summary>
internal sealed class DifferentWeightsException(string message) : Exception(message);
