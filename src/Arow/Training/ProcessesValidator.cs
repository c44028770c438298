using Arow.Objectives;

namespace Arow.Training;

/// <summary>Validates options for a training by several processes.</summary>
internal static class ProcessesValidator
{
    /// <summary>Returns a line for each option that several processes do not support.</summary>
    /// <param name="o">Valid options.</param>
    /// <param name="processes">The number of processes.</param>
    public static IEnumerable<string> Validate(TrainingOptions o, int processes)
    {
        if (processes == 1) yield break;
        if (o.BatchSize % processes != 0)
            yield return $"batch-size {o.BatchSize}, that of all processes together, is not a multiple of their number, {processes}";
        (string Option, bool Used)[] unsupported =
        [
            ($"objective {o.Objective}", (o.Replays ?? o.Method.Replays) is not null || NeedsWholeBatch(o)),
            ("awp", o.Awp is not null), ("freeze", o.Freeze is not null), ("watch", o.Watch is not null),
            ($"device {o.Device}", o.Device != "cpu"),
        ];
        foreach (var (option, _) in unsupported.Where(part => part.Used)) yield return $"{option}: only by one process so far, not by {processes}";
    }

    /// <summary>Whether an objective has a second network to train, or means of classes over the images of all processes.</summary>
    private static bool NeedsWholeBatch(TrainingOptions o) =>
        o.AuxiliaryModel == AuxiliaryModel.Companion || (o.AuxiliaryModel is not null && o.Helper is null)
        || o.CreateObjective(helper: z => z) is IClassAware { DependsOnClassMeans: true };
}
