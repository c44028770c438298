namespace Arow.Checkpoints;

/// <summary>One of several outputs of a model for two images.</summary>
/// <param name="Name">Name, or place in a tuple or list: <c>logits</c>, <c>0</c>, <c>1.aux</c>.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="Shape">Shape for the images it was computed for.</param>
/// <param name="IsFloatingPoint">Whether it may be logits.</param>
internal sealed record ModelOutput(string Name, ScalarType Type, IReadOnlyList<long> Shape, bool IsFloatingPoint)
{
    private static readonly string[] LogitNames = ["logits", "logit"];

    /// <summary>
    /// Selects the logits: the output that was named, or the only one of the images' classes in width; of several the one called
    /// <c>logits</c>.
    /// </summary>
    /// <returns>Its index, and a sentence on the choice; null if there is only one output.</returns>
    /// <exception cref="InputException">None fits, or several do.</exception>
    public static (int Index, string? Remark) Select(ModelSource source, IReadOnlyList<ModelOutput> outputs)
    {
        var all = string.Join(", ", outputs.Take(12)) + (outputs.Count > 12 ? ", …" : "");
        if (source.OutputName is { } name)
        {
            var named = outputs.Index().Where(o => o.Item.Name == name).ToList();
            return named.Count == 1 ? (named[0].Index, $"{source.Path}: output {outputs[named[0].Index]} is evaluated, of {all}.")
                : throw new InputException($"{source.Path}: has no output '{name}'; it has {all}");
        }
        var fitting = outputs.Index().Where(o => o.Item.Fits(source.Classes)).Select(o => o.Index).ToList();
        if (fitting.Count > 1 && fitting.Where(i => LogitNames.Contains(outputs[i].Name.Split('.')[^1])).ToList() is [var only]) fitting = [only];
        if (outputs.Count == 1 && fitting.Count == 0) return (0, null); // its mismatch is reported as that of a single tensor
        return fitting.Count switch
        {
            1 => (fitting[0], outputs.Count == 1 ? null : $"{source.Path}: output {outputs[fitting[0]]} is evaluated, of {all}."),
            0 => throw new InputException($"{source.Path}: none of its outputs are logits of {source.Classes} classes: {all}"),
            _ => throw new InputException(
                $"{source.Path}: several outputs could be the logits: {string.Join(", ", fitting.Select(i => outputs[i]))}; select one with "
                    + Wording.Current.Setting("output-name", "NAME")),
        };
    }

    public override string ToString() =>
        $"'{Printable.Shorten(Name)}' [{string.Join(", ", Shape)}]";

    private bool Fits(int classes) => IsFloatingPoint && Shape.Count == 2 && (classes == 0 || Shape[1] == classes);
}
