namespace Arow.Distributed;

/// <summary>
/// What processes of one job exchange: bytes, in calls that all of them make in the same order. <see cref="ProcessGroup"/> builds on it.
/// </summary>
internal interface ICommunicator
{
    /// <summary>The number of this process, from 0.</summary>
    int Rank { get; }

    /// <summary>The number of processes.</summary>
    int Size { get; }

    /// <summary>What carries the bytes, with its version.</summary>
    string Description { get; }

    /// <summary>Sends a part to each process, and receives a part from each.</summary>
    /// <param name="parts">Parts of equal length for processes 0, 1, …, one after the other.</param>
    /// <param name="received">Receives those of processes 0, 1, …; as long as <paramref name="parts"/>.</param>
    /// <exception cref="CommunicationException">No answer within the deadline.</exception>
    void Exchange(ReadOnlySpan<byte> parts, Span<byte> received);

    /// <summary>Sends the same part to all processes, and receives those of all.</summary>
    /// <param name="part">The part; of the same length in all processes.</param>
    /// <param name="received">Receives the parts of processes 0, 1, …</param>
    /// <exception cref="CommunicationException">No answer within the deadline.</exception>
    void Gather(ReadOnlySpan<byte> part, Span<byte> received);

    /// <summary>Copies the bytes of process 0 to all others.</summary>
    /// <exception cref="CommunicationException">No answer within the deadline.</exception>
    void Broadcast(Span<byte> bytes);

    /// <summary>
    /// Ends this process, and with it the job, with a sentence if the result is not disposed of within the deadline: for calls of libraries that
    /// may never return.
    /// </summary>
    /// <param name="what">What has not come about, to which the time is added.</param>
    /// <returns>Null where there is no other process.</returns>
    IDisposable? WatchOver(string what);

    /// <summary>Leaves the job, which is done: no call may follow. Never on the way out of an error, since others would wait.</summary>
    void Leave();

    /// <summary>Ends all processes of the job at once, this one included.</summary>
    /// <param name="exitCode">The exit code.</param>
    void Abort(int exitCode);
}

/// <summary>A job of one process.</summary>
internal sealed class SingleProcess : ICommunicator
{
    public int Rank => 0;

    public int Size => 1;

    public string Description => "one process";

    public void Exchange(ReadOnlySpan<byte> parts, Span<byte> received) => parts.CopyTo(received);

    public void Gather(ReadOnlySpan<byte> part, Span<byte> received) => part.CopyTo(received);

    public void Broadcast(Span<byte> bytes)
    {
    }

    public IDisposable? WatchOver(string what) => null;

    public void Leave()
    {
    }

    public void Abort(int exitCode) => Environment.Exit(exitCode);
}

/// <summary>Another process of the job does not answer.</summary>
internal sealed class CommunicationException(string message) : Exception(message);
