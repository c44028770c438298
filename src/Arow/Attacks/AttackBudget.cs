namespace Arow.Attacks;

/// <summary>How hard an attack is to try; what is null is left to the attack, which does as it was published.</summary>
/// <param name="Restarts">Tries at each image that still stands, from new starts; at least 1.</param>
/// <param name="Steps">Gradient steps of each try; at least 1.</param>
/// <param name="Queries">Looks at the classifier's output for each image; at least 1.</param>
/// <param name="Targets">Wrong classes tried one after the other, likeliest first; at least 1.</param>
public sealed record AttackBudget(int? Restarts = null, int? Steps = null, int? Queries = null, int? Targets = null)
{
    /// <summary>The attack's own.</summary>
    public static readonly AttackBudget Own = new();

    /// <summary>The same with something else than the attack's own where nothing is said.</summary>
    public AttackBudget Or(int? restarts = null, int? targets = null) =>
        this with { Restarts = Restarts ?? restarts, Targets = Targets ?? targets };

    /// <summary>What is not left to the attack, by the name that options and <see cref="AttackMethod.Uses"/> have for it.</summary>
    public IReadOnlyDictionary<string, int> Given => new (string Name, int? Value)[]
    {
        ("restarts", Restarts), ("steps", Steps), ("queries", Queries), ("targets", Targets),
    }.Where(part => part.Value is not null).ToDictionary(part => part.Name, part => part.Value!.Value);
}
