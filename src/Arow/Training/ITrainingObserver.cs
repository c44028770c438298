namespace Arow.Training;

/// <summary>Follows a training. Methods are called on the training thread; those that are not implemented do nothing.</summary>
public interface ITrainingObserver
{
    /// <summary>A batch is done.</summary>
    void OnStep(TrainingProgress progress) { }

    /// <summary>An epoch is done, its checkpoint written.</summary>
    void OnEpoch(EpochRecord epoch) { }

    /// <summary>Something was ignored or found amiss.</summary>
    /// <param name="line">What, in a line.</param>
    void OnWarning(string line) { }
}

/// <summary>An observer made of functions; null ones do nothing.</summary>
internal sealed class TrainingCallbacks : ITrainingObserver
{
    /// <summary>Called after every batch.</summary>
    public Action<TrainingProgress>? Step { get; init; }

    /// <summary>Called after every epoch.</summary>
    public Action<EpochRecord>? Epoch { get; init; }

    /// <summary>Called with what was ignored or found amiss, a line each.</summary>
    public Action<string>? Warning { get; init; }

    void ITrainingObserver.OnStep(TrainingProgress progress) => Step?.Invoke(progress);

    void ITrainingObserver.OnEpoch(EpochRecord epoch) => Epoch?.Invoke(epoch);

    void ITrainingObserver.OnWarning(string line) => Warning?.Invoke(line);
}
