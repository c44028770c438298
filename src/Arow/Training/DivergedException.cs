namespace Arow.Training;

/// <summary>Training diverged: the loss or the weights are not finite. The last good checkpoint is kept.</summary>
internal sealed class DivergedException(string message, long step, IReadOnlyList<long> samples) : Exception(message)
{
    /// <summary>The optimizer step that failed, from 1.</summary>
    public long Step { get; } = step;

    /// <summary>The training images of its batch.</summary>
    public IReadOnlyList<long> Samples { get; } = samples;
}
