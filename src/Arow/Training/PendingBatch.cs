namespace Arow.Training;

/// <summary>A batch that has been trained on and whose numbers have not been read yet.</summary>
/// <param name="Result">What was measured.</param>
/// <param name="Samples">[N], int64: which images it had.</param>
/// <param name="Step">The optimizer step that it belongs to, from 1.</param>
internal sealed record PendingBatch(StepResult Result, Tensor Samples, long Step) : IDisposable
{
    public void Dispose()
    {
        Result.Dispose();
        Samples.Dispose();
    }
}
