namespace Arow.Training;

/// <summary>A batch as a training step receives it. A step consists of one batch, or of several whose gradients are accumulated.</summary>
/// <param name="X">[N, C, H, W], float, in [0, 1].</param>
/// <param name="Y">[N], int64, or probabilities of the classes, [N, K].</param>
/// <param name="Noise">Randomness of the attack, one row for each image.</param>
/// <param name="LearningRate">Of the step.</param>
internal sealed record StepBatch(Tensor X, Tensor Y, Noise Noise, double LearningRate)
{
    /// <summary>From 1; by default one in which everything has begun.</summary>
    public int Epoch { get; init; } = int.MaxValue;

    /// <summary>The batch's part of all images of the step.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Whether it begins a step: accumulated gradients are cleared first.</summary>
    public bool IsFirst { get; init; } = true;

    /// <summary>Whether it completes a step: the weights move.</summary>
    public bool IsLast { get; init; } = true;

    /// <summary>Called before every forward pass in training mode; null for nothing.</summary>
    public Action? BeforePass { get; init; }
}

/// <summary>How a batch moves the weights.</summary>
internal interface ITrainingStep : IDisposable
{
    /// <summary>Optimizer steps that the last batch of a step completes.</summary>
    int Updates => 1;

    /// <summary>What the next batch depends on besides weights and velocities, by name: kept in checkpoints.</summary>
    IReadOnlyDictionary<string, Tensor> State => new Dictionary<string, Tensor>();

    /// <summary>Trains on a batch. The weights do not move where the loss is not finite or explodes.</summary>
    /// <exception cref="ArithmeticException">
    /// The loss is not finite or explodes; thrown when the result is read where steps do not wait for it.
    /// </exception>
    StepResult Run(StepBatch batch);

    /// <summary>Takes over what <see cref="State"/> was.</summary>
    void Restore(IReadOnlyDictionary<string, Tensor> state) { }

    /// <inheritdoc/>
    void IDisposable.Dispose() { }
}
