namespace Arow;

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
    /// <param name="known">Names of its outputs, in order.</param>
    /// <param name="images">Names of the images' classes, in order.</param>
    /// <exception cref="InputException">The images have a class that the model lacks, or names are ambiguous.</exception>
    public static ClassOrder Match(string model, IReadOnlyList<string> known, IReadOnlyList<string> images)
    {
        if (Find(known, images) is not { } found)
        {
            var key = ClassNames.Keys[^1];
            string[] unknown = [.. images.Where(name => !known.Select(key).Contains(key(name)))];
            throw new InputException($"{model}: has the classes {ClassNames.Short(known)}, but the images have {ClassNames.Short(images)}: "
                + (unknown.Length > 0 ? $"the model lacks {ClassNames.Short(unknown)}" : "names that differ only in spelling are ambiguous"));
        }
        long[] outputs = [.. found, .. Enumerable.Range(0, known.Count).Select(i => (long)i).Except(found)];
        string[] others = [.. outputs[images.Count..].Select(i => known[(int)i])];
        string[] spelt = [.. images.Zip(found, (name, i) => (Name: name, Known: known[(int)i]))
            .Where(n => n.Name != n.Known).Select(n => $"{n.Known} = {n.Name}")];
        string[] remarks =
        [
            .. spelt.Length > 0 ? [$"classes that differ in spelling are treated as the same: {ClassNames.Short(spelt)}"] : (string[])[],
            .. found.SequenceEqual(found.Order()) ? (string[])[]
                : [$"its classes are in another order than those of the images and were matched by name: {ClassNames.Short(known)}"],
            .. others.Length > 0
                ? [$"it has {known.Count} classes, of which the images have {images.Count}; predictions may be one of the others: "
                    + ClassNames.Short(others)]
                : (string[])[],
        ];
        return new ClassOrder([.. images, .. others], outputs, remarks.Length == 0 ? null : $"{model}: {string.Join("; ", remarks)}.");
    }

    /// <summary>Assumes the order of the images' classes, for a model without class names.</summary>
    /// <param name="model">The model, for messages.</param>
    /// <param name="images">Names of the images' classes, in order.</param>
    public static ClassOrder Assumed(string model, IReadOnlyList<string> images) => new(
        images, [.. Enumerable.Range(0, images.Count)],
        $"{model}: has no class names; its outputs are assumed to be the images' classes in this order: {ClassNames.Short(images)}"
        + (ClassNames.AreNumbersInAnotherOrder(images) ? " (numbers in text order, where 10 comes before 2)" : "") + ".");

    /// <summary>Returns the index of each name among others; null if one is missing, or two names are the same.</summary>
    /// <param name="among">The others, in order.</param>
    /// <param name="names">The names.</param>
    public static long[]? Find(IReadOnlyList<string> among, IReadOnlyList<string> names)
    {
        foreach (var key in ClassNames.Keys)
        {
            var places = new Dictionary<string, long>();
            if (!among.Index().All(n => places.TryAdd(key(n.Item), n.Index))) continue;
            var wanted = names.Select(key).ToList();
            if (wanted.Distinct().Count() == wanted.Count && wanted.All(places.ContainsKey)) return [.. wanted.Select(n => places[n])];
        }
        return null;
    }

    /// <summary>Returns a classifier whose logits are in the order of <see cref="Names"/>.</summary>
    /// <param name="f">The model; special forms, such as incremental evaluation, are kept.</param>
    public Classifier Apply(Classifier f) => IsIdentity ? f : new Ordered(this, f).Classify;

    private Tensor Sorted(Tensor logits)
    {
        using var scope = NewDisposeScope();
        return logits.index_select(1, tensor([.. Outputs], device: logits.device)).MoveToOuterDisposeScope();
    }

    private sealed class Ordered(ClassOrder order, Classifier f) : IIncremental
    {
        public Tensor Classify(Tensor images)
        {
            using var logits = f(images);
            return order.Sorted(logits);
        }

        public IIncrementalClassifier Incremental() => new Remembering(order, IIncrementalClassifier.Of(f));
    }

    private sealed class Remembering(ClassOrder order, IIncrementalClassifier f) : IIncrementalClassifier
    {
        public Tensor Begin(Tensor images) => order.Sorted(f.Begin(images));

        public Tensor Try(Tensor images) => order.Sorted(f.Try(images));

        public void Take(Tensor rows) => f.Take(rows);

        public void Keep(Tensor rows) => f.Keep(rows);

        public void Dispose() => f.Dispose();
    }
}
