namespace Arow.Data;

/// <summary>
/// Tells how far the reading of images is, which may take minutes, to a program whose users wait for it or stop it.
/// </summary>
/// <param name="all">Number of pieces of work.</param>
internal sealed class ReadingProgress(int all)
{
    private static readonly AsyncLocal<Action<int, int>?> Listener = new();
    private static readonly AsyncLocal<CancellationToken> Stopper = new();

    private readonly Lock gate = new();
    private readonly Action<int, int>? observer = Observer;
    private int done;

    /// <summary>
    /// Called after each piece of work of whatever the setter calls, one call at a time, with the number of those that are done and of all.
    /// </summary>
    public static Action<int, int>? Observer
    {
        get => Listener.Value;
        set => Listener.Value = value;
    }

    /// <summary>Stops, between two images, the reading by whatever the setter calls: <see cref="OperationCanceledException"/>.</summary>
    public static CancellationToken Stop
    {
        get => Stopper.Value;
        set => Stopper.Value = value;
    }

    /// <summary>A piece of work is done.</summary>
    public void Advance()
    {
        if (observer is null) return;
        lock (gate) observer(++done, all);
    }
}
