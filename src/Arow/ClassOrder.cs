namespace Arow;

/// <summary>Which output of a model stands for which class of the images: found by name where both have names.</summary>
/// <param name="Names">
/// What the model's outputs stand for once they are in order: the classes of the images first, as the images number them, then
/// those that only the model knows.
/// </param>
/// <param name="Outputs">For each of them the place among the model's outputs.</param>
/// <param name="Remark">What was matched, left over or assumed, a sentence; null if there is nothing to say.</param>
public sealed record ClassOrder(IReadOnlyList<string> Names, IReadOnlyList<long> Outputs, string? Remark)
{
    /// <summary>Whether the model has them in that order already.</summary>
    public bool IsIdentity { get; } = Outputs.SequenceEqual(Enumerable.Range(0, Outputs.Count).Select(i => (long)i));

    /// <summary>Matches names.</summary>
    /// <param name="model">The model, for messages.</param>
    /// <param name="known">Names of its outputs, in order.</param>
    /// <param name="images">Names of the images' classes, in order.</param>
    /// <exception cref="InputException">The images have a class that the model does not know, or names cannot be told apart.</exception>
    public static ClassOrder Match(string model, IReadOnlyList<string> known, IReadOnlyList<string> images)
    {
        if (Find(known, images) is not { } found)
        {
            var key = ClassNames.Keys[^1];
            string[] unknown = [.. images.Where(name => !known.Select(key).Contains(key(name)))];
            throw new InputException($"{model}: knows the classes {ClassNames.Short(known)}, but the images have {ClassNames.Short(images)}: "
                + (unknown.Length > 0 ? $"{ClassNames.Short(unknown)} {(unknown.Length == 1 ? "is" : "are")} unknown to it" : "some names differ in spelling alone and cannot be told apart"));
        }
        long[] outputs = [.. found, .. Enumerable.Range(0, known.Count).Select(i => (long)i).Except(found)];
        string[] others = [.. outputs[images.Count..].Select(i => known[(int)i])];
        string[] spelt = [.. images.Zip(found, (name, i) => (name, Known: known[(int)i])).Where(n => n.name != n.Known).Select(n => $"{n.Known} = {n.name}")];
        string[] remarks =
        [
            .. spelt.Length > 0 ? [$"classes that differ in spelling are taken for the same: {ClassNames.Short(spelt)}"] : (string[])[],
            .. found.SequenceEqual(found.Order()) ? (string[])[] : [$"its classes are in another order than those of the images and were matched by name: {ClassNames.Short(known)}"],
            .. others.Length > 0 ? [$"it tells {known.Count} classes apart, of which the images have {images.Count}; an image may be taken for the others too: {ClassNames.Short(others)}"] : (string[])[],
        ];
        return new ClassOrder([.. images, .. others], outputs, remarks.Length == 0 ? null : $"{model}: {string.Join("; ", remarks)}.");
    }

    /// <summary>The order of the images' classes, for a model that names none.</summary>
    /// <param name="model">The model, for messages.</param>
    /// <param name="images">Names of the images' classes, in order.</param>
    public static ClassOrder Assumed(string model, IReadOnlyList<string> images) => new(
        images, [.. Enumerable.Range(0, images.Count)],
        $"{model}: does not name its classes; its outputs are taken for the images' classes in this order: {ClassNames.Short(images)}"
        + (ClassNames.AreNumbersInAnotherOrder(images) ? " (numbers in the order of text, where 10 comes before 2)" : "") + ".");

    /// <summary>For each of some names the place of the same one among others; null if one has none, or two names are the same.</summary>
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

    /// <summary>A model whose logits are in the order of <see cref="Names"/>.</summary>
    /// <param name="f">The model; its own forms, such as that for changed pixels, are kept.</param>
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
