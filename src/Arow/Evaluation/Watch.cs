namespace Arow.Evaluation;

/// <summary>What an attack asked of the classifier, and what came back.</summary>
/// <param name="Images">Images that the classifier looked at.</param>
/// <param name="Gradients">Images that a gradient was taken for.</param>
/// <param name="Zero">Of those, how many gradients were zero throughout.</param>
/// <param name="NotFinite">Of those, how many were no numbers.</param>
public readonly record struct Traffic(long Images, long Gradients, long Zero, long NotFinite)
{
    /// <summary>The sum.</summary>
    public static Traffic operator +(Traffic a, Traffic b) =>
        new(a.Images + b.Images, a.Gradients + b.Gradients, a.Zero + b.Zero, a.NotFinite + b.NotFinite);
}

/// <summary>
/// Stands between an attack and the classifier: stops in the midst of a batch, counts, and looks at every gradient that
/// comes back, without a part in the computation.
/// </summary>
internal sealed class Watch(Classifier f, Action? ticked, CancellationToken stop) : IIncremental, IDisposable
{
    private Tensor? leaf, odd;
    private long images, gradients;

    /// <summary>So far.</summary>
    public Traffic Traffic
    {
        get
        {
            if (odd is null) return new Traffic(images, gradients, 0, 0);
            using var here = odd.cpu();
            return new Traffic(images, gradients, here.data<long>()[0], here.data<long>()[1]);
        }
    }

    /// <summary>Which images of the batch got a zero gradient the first time: null until one was taken.</summary>
    public bool[]? ZeroAtFirst { get; private set; }

    public Tensor Classify(Tensor x)
    {
        Asked(x);
        var z = f(x);
        // Another handle of the same tensor: the attack disposes its own, and the gradient is there when it has.
        if (x.requires_grad && x.is_leaf && is_grad_enabled()) leaf = x.to(x.dtype).DetachFromDisposeScope();
        return z;
    }

    public IIncrementalClassifier Incremental() => new Counted(this, IIncrementalClassifier.Of(f));

    /// <summary>Looks at the gradient of the last call, if it has come by now.</summary>
    public void Look()
    {
        if (leaf is null) return;
        using var scope = NewDisposeScope();
        if (leaf.grad is { } g)
        {
            var steepest = g.flatten(1).abs().amax([1]);
            var zero = steepest == 0;
            ZeroAtFirst ??= zero.cpu().data<bool>().ToArray();
            gradients += g.shape[0];
            // Counted where they are: a GPU is not kept waiting for each.
            var more = stack([zero.sum(), steepest.isfinite().logical_not().sum()]);
            if (odd is null) odd = more.DetachFromDisposeScope();
            else odd.add_(more);
        }
        leaf.Dispose();
        leaf = null;
    }

    public void Dispose()
    {
        leaf?.Dispose();
        odd?.Dispose();
    }

    private void Asked(Tensor x)
    {
        stop.ThrowIfCancellationRequested();
        ticked?.Invoke();
        Look();
        images += x.shape[0];
    }

    private sealed class Counted(Watch watch, IIncrementalClassifier f) : IIncrementalClassifier
    {
        public Tensor Begin(Tensor images)
        {
            watch.Asked(images);
            return f.Begin(images);
        }

        public Tensor Try(Tensor images)
        {
            watch.Asked(images);
            return f.Try(images);
        }

        public void Take(Tensor rows) => f.Take(rows);

        public void Keep(Tensor rows) => f.Keep(rows);

        public void Dispose() => f.Dispose();
    }
}
