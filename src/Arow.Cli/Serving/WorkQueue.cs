namespace Arow.Cli.Serving;

/// <summary>Bounds the work for clients: one picture is computed at a time, few wait, and none for long.</summary>
/// <param name="capacity">Pictures that are read, wait or are computed at the same time; more are refused.</param>
/// <param name="wait">Time that a picture may wait for its turn.</param>
/// <param name="limit">Time that its computation may take.</param>
internal sealed class WorkQueue(int capacity, TimeSpan wait, TimeSpan limit)
{
    private readonly SemaphoreSlim running = new(1);
    private int admitted;

    /// <summary>Takes a place until it is disposed.</summary>
    /// <exception cref="RequestException">429: all places are taken.</exception>
    public IDisposable Admit()
    {
        if (Interlocked.Increment(ref admitted) <= capacity) return new Place(this);
        Interlocked.Decrement(ref admitted);
        throw new RequestException(429, "too many pictures at once; try again in a second");
    }

    /// <summary>Runs a computation when its turn has come.</summary>
    /// <param name="work">The computation; it stops when its token is cancelled.</param>
    /// <param name="stop">Cancels.</param>
    /// <exception cref="RequestException">503: it had to wait or took too long.</exception>
    public async Task<T> Run<T>(Func<CancellationToken, T> work, CancellationToken stop)
    {
        if (!await running.WaitAsync(wait, stop)) throw new RequestException(503, "the model is busy; try again later");
        try
        {
            using var timed = CancellationTokenSource.CreateLinkedTokenSource(stop);
            timed.CancelAfter(limit);
            try
            {
                return await Task.Run(() => work(timed.Token), timed.Token);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                throw new RequestException(503, FormattableString.Invariant(
                    $"the attack took more than {limit.TotalSeconds:0.###} seconds, the limit; choose a quicker one"));
            }
        }
        finally
        {
            running.Release();
        }
    }

    /// <summary>Waits for the computation under way; false if it does not end in time.</summary>
    public Task<bool> Drain(TimeSpan deadline) => running.WaitAsync(deadline);

    private sealed class Place(WorkQueue queue) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref queue.admitted);
    }
}
