namespace Arow.Training;

/// <summary>A batch as a training step receives it. A step consists of one batch, or of several whose gradients are accumulated.</summary>
/// <param name="X">[N, C, H, W], float, in [0, 1].</param>
/// <param name="Y">[N], int64, or probabilities of the classes, [N, K].</param>
/// <param name="Noise">Randomness of the attack, one row for each image.</param>
/// <param name="LearningRate">The learning rate of the step.</param>
internal sealed record StepBatch(Tensor X, Tensor Y, Noise Noise, double LearningRate)
{
    /// <summary>The epoch, from 1; by default one after every start epoch.</summary>
    public int Epoch { get; init; } = int.MaxValue;

    /// <summary>
    /// The batch's share of the images of the step. 0 for a process that has none of its own and takes part in what all do with images that
    /// do not count.
    /// </summary>
    public double Share { get; init; } = 1;

    /// <summary>The batch's share of the images that all processes have at this time.</summary>
    public double ShareOfProcesses { get; init; } = 1;

    /// <summary>Whether it starts a step: accumulated gradients are cleared first.</summary>
    public bool IsFirst { get; init; } = true;

    /// <summary>Whether it completes a step: the weights are updated.</summary>
    public bool IsLast { get; init; } = true;

    /// <summary>Called before every forward pass in training mode; null for nothing.</summary>
    public Action? BeforePass { get; init; }
}

/// <summary>Trains on batches.</summary>
internal interface ITrainingStep : IDisposable
{
    /// <summary>The number of optimizer steps that the last batch of a step completes.</summary>
    int Updates => 1;

    /// <summary>The state that the next batch depends on besides weights and velocities, by name: saved in checkpoints.</summary>
    IReadOnlyDictionary<string, Tensor> State => new Dictionary<string, Tensor>();

    /// <summary>Trains on a batch. The weights are not updated if the loss is not finite or explodes.</summary>
    /// <exception cref="ArithmeticException">
    /// The loss is not finite or explodes; thrown when the result is read if steps do not wait for it.
    /// </exception>
    StepResult Run(StepBatch batch);

    /// <summary>Collects the <see cref="State"/> of all processes in each; all of them call it. The next batch would make it obsolete.</summary>
    void Collect() { }

    /// <summary>Restores a saved <see cref="State"/>.</summary>
    void Restore(IReadOnlyDictionary<string, Tensor> state) { }

    void IDisposable.Dispose() { }
}
