namespace Arow.Attacks;

/// <summary>
/// Attacks that exist in some norms only. In another norm they would look for perturbations that are small in the wrong
/// sense and report a classifier as sturdier than it is, so they refuse.
/// </summary>
internal static class NativeNorms
{
    /// <summary>The threat model, if the attack exists in its norm.</summary>
    /// <exception cref="InputException">It does not.</exception>
    public static ThreatModel Of(string attack, ThreatModel threat, params IReadOnlyList<Norm> norms) =>
        Problem(attack, threat.Norm, norms) is { } problem ? throw new InputException(problem) : threat;

    /// <summary>What to say where the attack does not exist in a norm; null where it does.</summary>
    public static string? Problem(string attack, Norm norm, IReadOnlyList<Norm> norms) => norms.Contains(norm) ? null
        : $"attack '{attack}' exists in {string.Join(" and ", norms.Select(Name))}, not in {Name(norm)}";

    private static string Name(Norm norm) => NamedValue.Of(norm);
}
