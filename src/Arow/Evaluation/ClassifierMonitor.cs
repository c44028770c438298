namespace Arow.Evaluation;

/// <summary>The query counts of an attack.</summary>
/// <param name="Images">Forward passes, in images.</param>
/// <param name="Gradients">Backward passes, in images.</param>
/// <param name="Zero">The number of gradients that were zero everywhere.</param>
/// <param name="NotFinite">The number of gradients that were not finite.</param>
public readonly record struct QueryCounts(long Images, long Gradients, long Zero, long NotFinite)
{
    /// <summary>The sum.</summary>
    public static QueryCounts operator +(QueryCounts a, QueryCounts b) =>
        new(a.Images + b.Images, a.Gradients + b.Gradients, a.Zero + b.Zero, a.NotFinite + b.NotFinite);
}

/// <summary>
/// Wraps the classifier of an attack: stops within a batch, counts queries, and checks every gradient that
/// is computed, without changing the computation.
/// </summary>
internal sealed class ClassifierMonitor(Classifier f, Action? queried, CancellationToken stop) : IIncremental, IDisposable
{
    private Tensor? leaf, anomalies;
    private long images, gradients;

    /// <summary>The query counts so far.</summary>
    public QueryCounts QueryCounts
    {
        get
        {
            if (anomalies is null) return new QueryCounts(images, gradients, 0, 0);
            using var counts = anomalies.cpu();
            return new QueryCounts(images, gradients, counts.data<long>()[0], counts.data<long>()[1]);
        }
    }

    /// <summary>Which images of the batch had a zero gradient the first time: null before the first gradient.</summary>
    public bool[]? ZeroAtStart { get; private set; }

    public Tensor Classify(Tensor x)
    {
        OnQuery(x);
        var z = f(x);
        // Another handle of the same tensor: the attack may dispose its own before the gradient is read.
        if (x.requires_grad && x.is_leaf && is_grad_enabled()) leaf = x.to(x.dtype).DetachFromDisposeScope();
        return z;
    }

    public IIncrementalClassifier CreateIncremental() => new MonitoredIncrementalClassifier(this, IIncrementalClassifier.Create(f));

    /// <summary>Reads the gradient of the last call, if there is one.</summary>
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
            // Counted on the device, to avoid a synchronization for each.
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
