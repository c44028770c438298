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
    }
}
