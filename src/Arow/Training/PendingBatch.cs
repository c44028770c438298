namespace Arow.Training;

/// <summary>A trained batch whose result has not been read back yet.</summary>
/// <param name="Result">The loss and counts.</param>
/// <param name="Samples">The indices of its images: [N], int64.</param>
/// <param name="Step">Its optimizer step, from 1.</param>
/// <param name="ShownRate">Its learning rate if it is shown; otherwise null.</param>
internal sealed record PendingBatch(StepResult Result, Tensor Samples, long Step, double? ShownRate) : IDisposable
{
    public void Dispose()
    {
        Result.Dispose();
        Samples.Dispose();
    }
}
