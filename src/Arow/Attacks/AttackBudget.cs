namespace Arow.Attacks;

/// <summary>The effort of an attack; null means the attack's own default, as published.</summary>
/// <param name="Restarts">Runs from new starts on each image that is still robust; at least 1.</param>
/// <param name="Steps">Gradient steps of each run; at least 1.</param>
/// <param name="Queries">Evaluations of the classifier for each image; at least 1.</param>
/// <param name="Targets">Wrong classes that are targeted one after another, most likely first; at least 1.</param>
public sealed record AttackBudget(int? Restarts = null, int? Steps = null, int? Queries = null, int? Targets = null)
{
    /// <summary>The attack's own defaults.</summary>
    public static readonly AttackBudget Default = new();

    /// <summary>The same budget, with other defaults for values that are null.</summary>
    public AttackBudget WithDefaults(int? restarts = null, int? targets = null) =>
        this with { Restarts = Restarts ?? restarts, Targets = Targets ?? targets };

    /// <summary>The values that are not null, by the name that options and <see cref="AttackMethod.Uses"/> have for them.</summary>
    public IReadOnlyDictionary<string, int> Specified => new (string Name, int? Value)[]
    {
        ("restarts", Restarts), ("steps", Steps), ("queries", Queries), ("targets", Targets),
    }.Where(part => part.Value is not null).ToDictionary(part => part.Name, part => part.Value!.Value);
}
