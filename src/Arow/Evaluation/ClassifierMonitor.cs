namespace Arow.Evaluation;

/// <summary>What an attack asked of the classifier, and what came back.</summary>
/// <param name="Images">Images that the classifier looked at.</param>
/// <param name="Gradients">Images that a gradient was taken for.</param>
/// <param name="Zero">Of those, how many gradients were zero throughout.</param>
/// <param name="NotFinite">Of those, how many were no numbers.</param>
public readonly record struct QueryCounts(long Images, long Gradients, long Zero, long NotFinite)
{
    /// <summary>The sum.</summary>
    public static QueryCounts operator +(QueryCounts a, QueryCounts b) =>
        new(a.Images + b.Images, a.Gradients + b.Gradients, a.Zero + b.Zero, a.NotFinite + b.NotFinite);
}

/// <summary>
/// Stands between an attack and the classifier: stops in the midst of a batch, counts, and looks at every gradient that
/// comes back, without a part in the computation.
/// </summary>
internal sealed class ClassifierMonitor(Classifier f, Action? queried, CancellationToken stop) : IIncremental, IDisposable
{
    private Tensor? leaf, anomalies;
    private long images, gradients;

    /// <summary>So far.</summary>
    public QueryCounts QueryCounts
    {
        get
        {
            if (anomalies is null) return new QueryCounts(images, gradients, 0, 0);
            using var counts = anomalies.cpu();
            return new QueryCounts(images, gradients, counts.data<long>()[0], counts.data<long>()[1]);
        }
    }

    /// <summary>Which images of the batch got a zero gradient the first time: null until one was taken.</summary>
    public bool[]? ZeroAtStart { get; private set; }

    public Tensor Classify(Tensor x)
    {
        OnQuery(x);
        var z = f(x);
        // Another handle of the same tensor: the attack disposes its own, and the gradient is there when it has.
        if (x.requires_grad && x.is_leaf && is_grad_enabled()) leaf = x.to(x.dtype).DetachFromDisposeScope();
        return z;
    }

    public IIncrementalClassifier CreateIncremental() => new MonitoredIncrementalClassifier(this, IIncrementalClassifier.Create(f));

    /// <summary>Looks at the gradient of the last call, if it has come by now.</summary>
    public void CollectGradient()
    {
        if (leaf is null) return;
        using var scope = NewDisposeScope();
        if (leaf.grad is { } g)
        {
            var largest = g.flatten(1).abs().amax([1]);
            var zero = largest == 0;
            ZeroAtStart ??= zero.cpu().data<bool>().ToArray();
            gradients += g.shape[0];
            // Counted where they are: a GPU is not kept waiting for each.
            var counts = stack([zero.sum(), largest.isfinite().logical_not().sum()]);
            if (anomalies is null) anomalies = counts.DetachFromDisposeScope();
            else anomalies.add_(counts);
        }
        leaf.Dispose();
        leaf = null;
    }

    public void Dispose()
    {
        leaf?.Dispose();
        anomalies?.Dispose();
    }

    private void OnQuery(Tensor x)
    {
        stop.ThrowIfCancellationRequested();
        queried?.Invoke();
        CollectGradient();
        images += x.shape[0];
    }

    private sealed class MonitoredIncrementalClassifier(ClassifierMonitor monitor, IIncrementalClassifier f) : IIncrementalClassifier
    {
        public Tensor Fill(Tensor images)
        {
            monitor.OnQuery(images);
            return f.Fill(images);
        }

        public Tensor Evaluate(Tensor images)
        {
            monitor.OnQuery(images);
            return f.Evaluate(images);
        }

        public void Accept(Tensor rows) => f.Accept(rows);

        public void Retain(Tensor rows) => f.Retain(rows);

        public void Dispose() => f.Dispose();
    }
}
