namespace Arow.Classes;

/// <summary>Maps the outputs of a model to the classes of the images: by name if both have names.</summary>
/// <param name="Names">
/// The classes of the model's reordered outputs: the classes of the images first, in the images' order, then those that only
/// the model has.
/// </param>
/// <param name="Outputs">For each of them the index of the model's output.</param>
/// <param name="Remark">A sentence on what was matched, ignored or assumed; null if there is nothing to report.</param>
public sealed record ClassOrder(IReadOnlyList<string> Names, IReadOnlyList<long> Outputs, string? Remark)
{
    /// <summary>Whether the model's order is the same.</summary>
    public bool IsIdentity { get; } = Outputs.SequenceEqual(Enumerable.Range(0, Outputs.Count).Select(i => (long)i));

    /// <summary>Matches classes by name.</summary>
    /// <param name="model">The model, for messages.</param>
    /// <param name="modelClasses">Names of its outputs, in order.</param>
    /// <param name="imageClasses">Names of the images' classes, in order.</param>
    /// <exception cref="InputException">The images have a class that the model lacks, or names are ambiguous.</exception>
    public static ClassOrder Match(string model, IReadOnlyList<string> modelClasses, IReadOnlyList<string> imageClasses)
    {
        if (Find(modelClasses, imageClasses) is not { } found)
        {
            var key = ClassNames.Keys[^1];
            string[] unknown = [.. imageClasses.Where(name => !modelClasses.Select(key).Contains(key(name)))];
            throw new InputException(
                $"{model}: has the classes {ClassNames.Summarize(modelClasses)}, but the images have {ClassNames.Summarize(imageClasses)}: "
                + (unknown.Length > 0 ? $"the model lacks {ClassNames.Summarize(unknown)}" : "names that differ only in spelling are ambiguous"));
        }
        long[] outputs = [.. found, .. Enumerable.Range(0, modelClasses.Count).Select(i => (long)i).Except(found)];
        string[] others = [.. outputs[imageClasses.Count..].Select(i => modelClasses[(int)i])];
        string[] respelled = [.. imageClasses.Zip(found, (name, i) => (Name: name, Known: modelClasses[(int)i]))
            .Where(n => n.Name != n.Known).Select(n => $"{n.Known} = {n.Name}")];
        string[] remarks =
        [
            .. respelled.Length > 0 ? [$"classes that differ in spelling are treated as the same: {ClassNames.Summarize(respelled)}"] : (string[])[],
            .. found.SequenceEqual(found.Order()) ? (string[])[]
                : [$"its classes are in another order than those of the images and were matched by name: {ClassNames.Summarize(modelClasses)}"],
            .. others.Length > 0
                ? [$"it has {modelClasses.Count} classes, of which the images have {imageClasses.Count}; predictions may be one of the others: "
                    + ClassNames.Summarize(others)]
                : (string[])[],
        ];
        return new ClassOrder([.. imageClasses, .. others], outputs, remarks.Length == 0 ? null : $"{model}: {string.Join("; ", remarks)}.");
    }

    /// <summary>Assumes the order of the images' classes, for a model without class names.</summary>
    /// <param name="model">The model, for messages.</param>
    /// <param name="images">Names of the images' classes, in order.</param>
    public static ClassOrder Assume(string model, IReadOnlyList<string> images) => new(
        images, [.. Enumerable.Range(0, images.Count)],
        $"{model}: has no class names; its outputs are assumed to be the images' classes in this order: {ClassNames.Summarize(images)}"
        + (ClassNames.AreNumbersOutOfOrder(images) ? " (numbers in text order, where 10 comes before 2)" : "") + ".");

    /// <summary>Returns the index of each name among others; null if one is missing, or two names are the same.</summary>
    /// <param name="among">The others, in order.</param>
    /// <param name="names">The names.</param>
    public static long[]? Find(IReadOnlyList<string> among, IReadOnlyList<string> names)
    {
        foreach (var key in ClassNames.Keys)
        {
            var indices = new Dictionary<string, long>();
            if (!among.Index().All(n => indices.TryAdd(key(n.Item), n.Index))) continue;
            var keys = names.Select(key).ToList();
            if (keys.Distinct().Count() == keys.Count && keys.All(indices.ContainsKey)) return [.. keys.Select(n => indices[n])];
        }
        return null;
    }

    /// <summary>Returns a classifier whose logits are in the order of <see cref="Names"/>.</summary>
    /// <param name="f">The model; special forms, such as incremental evaluation, are kept.</param>
    public Classifier Apply(Classifier f) => IsIdentity ? f : new ReorderedClassifier(this, f).Classify;

    private Tensor Reorder(Tensor logits)
    {
        using var scope = NewDisposeScope();
        return logits.index_select(1, tensor([.. Outputs], device: logits.device)).MoveToOuterDisposeScope();
    }

    private sealed class ReorderedClassifier(ClassOrder order, Classifier f) : IIncremental
    {
        public Tensor Classify(Tensor images)
        {
            using var logits = f(images);
            return order.Reorder(logits);
        }

        public IIncrementalClassifier CreateIncremental() => new ReorderedIncrementalClassifier(order, IIncrementalClassifier.Create(f));
    }

    private sealed class ReorderedIncrementalClassifier(ClassOrder order, IIncrementalClassifier f) : IIncrementalClassifier
    {
        public Tensor Fill(Tensor images) => order.Reorder(f.Fill(images));

        public Tensor Evaluate(Tensor images) => order.Reorder(f.Evaluate(images));

        public void Accept(Tensor rows) => f.Accept(rows);

        public void Retain(Tensor rows) => f.Retain(rows);

        public void Dispose() => f.Dispose();
    }
}
