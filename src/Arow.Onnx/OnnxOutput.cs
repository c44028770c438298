using Arow.Checkpoints;
using Arow.Onnx.Graphs;

namespace Arow.Onnx;

/// <summary>The output of an ONNX model that is evaluated.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsLabel">Whether it is a label for each image instead of a number for each class.</param>
/// <param name="Activation">What makes probabilities of the logits at the end of the graph; null if the graph could not be read.</param>
/// <param name="Remarks">How it was found, one sentence each.</param>
internal sealed record OnnxOutput(string Name, bool IsLabel, FinalActivation? Activation, IReadOnlyList<string> Remarks)
{
    private const int MaxListed = 12;

    /// <summary>Selects the logits by their name and width, or else the labels.</summary>
    /// <param name="source">Source of the model.</param>
    /// <param name="outputs">The model's outputs.</param>
    /// <param name="graph">Its graph; null if that could not be read.</param>
    /// <exception cref="InputException">There are none, or several.</exception>
    public static OnnxOutput Select(ModelSource source, IReadOnlyList<ModelOutput> outputs, ModelGraph? graph)
    {
        if (source.OutputName is null && !outputs.Any(o => o.IsFloatingPoint && o.Shape.Count >= (source.Classes == 2 ? 1 : 2)))
        {
            var labels = outputs.Where(IsLabels).ToList();
            if (labels.Count == 1) return new OnnxOutput(labels[0].Name, true, null, []);
            throw new InputException($"{source.Path}: gives neither logits, a floating-point tensor [N, K], nor labels, an int64 tensor [N]: "
                + string.Join(", ", outputs.Select(o => $"{o} {o.Type}")));
        }
        var candidates = source.OutputName is null ? [.. WithoutProbabilities(outputs, graph)] : outputs;
        var (index, _) = ModelOutput.Select(source, candidates);
        var chosen = candidates[index];
        var isLabel = IsLabels(chosen);
        var activation = isLabel || graph is null ? null : FinalActivation.Find(graph, chosen.Name);
        string[] remarks =
        [
            .. outputs.Count == 1 ? (string[])[] : [$"{source.Path}: output {chosen} is evaluated, of {string.Join(", ", outputs.Take(MaxListed))}"
                + $"{(outputs.Count > MaxListed ? ", …" : "")}."],
            .. activation is null or { Kind: ActivationKind.None } ? (string[])[]
                : [$"{source.Path}: ends in a {activation.Kind.ToString().ToLowerInvariant()}: the logits are taken before it."],
        ];
        return new OnnxOutput(chosen.Name, isLabel, activation, remarks);
    }

    /// <summary>Leaves out probabilities of logits that are an output too: they are the same function.</summary>
    private static IEnumerable<ModelOutput> WithoutProbabilities(IReadOnlyList<ModelOutput> outputs, ModelGraph? graph)
    {
        if (graph is null || outputs.Count == 1) return outputs;
        var origins = outputs.Select(o => FinalActivation.Origin(graph, o.Name)).ToHashSet();
        return outputs.Where(o => FinalActivation.Find(graph, o.Name) is var found
            && (found.Kind == ActivationKind.None || !origins.Contains(FinalActivation.Origin(graph, found.Logits))));
    }

    private static bool IsLabels(ModelOutput output) =>
        output.Type == ScalarType.Int64 && (output.Shape.Count == 1 || (output.Shape.Count == 2 && output.Shape[1] == 1));
}
