namespace Arow.Training;

/// <summary>Observes training. Methods are called on the training thread; by default they do nothing.</summary>
public interface ITrainingObserver
{
    /// <summary>Called after each batch.</summary>
    void OnStep(TrainingProgress progress) { }

    /// <summary>Called after each epoch, when its checkpoint is written.</summary>
    void OnEpoch(EpochRecord epoch) { }

    /// <summary>Called when something is ignored or unexpected.</summary>
    /// <param name="line">The warning, in one line.</param>
    void OnWarning(string line) { }
}

/// <summary>An observer made of delegates; null delegates do nothing.</summary>
internal sealed class TrainingCallbacks : ITrainingObserver
{
    /// <summary>Called after every batch.</summary>
    public Action<TrainingProgress>? Step { get; init; }

    /// <summary>Called after every epoch.</summary>
    public Action<EpochRecord>? Epoch { get; init; }

    /// <summary>Called with warnings, one line each.</summary>
    public Action<string>? Warning { get; init; }

    void ITrainingObserver.OnStep(TrainingProgress progress) => Step?.Invoke(progress);

    void ITrainingObserver.OnEpoch(EpochRecord epoch) => Epoch?.Invoke(epoch);

    void ITrainingObserver.OnWarning(string line) => Warning?.Invoke(line);
}
