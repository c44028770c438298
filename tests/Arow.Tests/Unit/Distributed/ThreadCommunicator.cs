using Arow.Distributed;

namespace Arow.Tests.Unit.Distributed;

/// <summary>Processes of a job that are threads of this one.</summary>
internal sealed class ThreadCommunicator : ICommunicator
{
    private readonly Barrier barrier;
    private readonly byte[][] parts;

    private ThreadCommunicator(int rank, Barrier barrier, byte[][] parts) => (Rank, this.barrier, this.parts) = (rank, barrier, parts);

    private Action<int>? Gathered { get; init; }

    public int Rank { get; }

    public int Size => parts.Length;

    public string Description => "threads";

    /// <summary>Runs the same in as many threads, and returns their results and exceptions.</summary>
    /// <param name="size">Their number.</param>
    /// <param name="work">What each does.</param>
    /// <param name="gathered">Called in each, with its number, when what all send has come.</param>
    public static IReadOnlyList<(T? Result, Exception? Fault)> Run<T>(int size, Func<ProcessGroup, T> work, Action<int>? gathered = null)
    {
        using var barrier = new Barrier(size);
        var parts = new byte[size][];
        var ends = new (T? Result, Exception? Fault)[size];
        var threads = Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                ends[rank].Result = work(new ProcessGroup(new ThreadCommunicator(rank, barrier, parts) { Gathered = gathered }));
            }
            catch (Exception fault)
            {
                ends[rank].Fault = fault;
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return ends;
    }

    public void Exchange(ReadOnlySpan<byte> parts, Span<byte> received)
    {
        var length = parts.Length / Size;
        Share(parts);
        for (var rank = 0; rank < Size; rank++) this.parts[rank].AsSpan(Rank * length, length).CopyTo(received[(rank * length)..]);
        Meet();
    }

    public void Gather(ReadOnlySpan<byte> part, Span<byte> received)
    {
        Share(part);
        for (var rank = 0; rank < Size; rank++) parts[rank].CopyTo(received[(rank * part.Length)..]);
        Meet();
        Gathered?.Invoke(Rank);
    }

    public void Broadcast(Span<byte> bytes)
    {
        Share(bytes);
        parts[0].CopyTo(bytes);
        Meet();
    }

    public IDisposable? WatchOver(string what) => null;

    public void Leave()
    {
    }

    public void Abort(int exitCode) => throw new InvalidOperationException($"aborted with {exitCode}");

    private void Share(ReadOnlySpan<byte> mine)
    {
        parts[Rank] = mine.ToArray();
        Meet();
    }

    private void Meet()
    {
        if (!barrier.SignalAndWait(TimeSpan.FromSeconds(60))) throw new CommunicationException("no answer from the other threads");
    }
}
