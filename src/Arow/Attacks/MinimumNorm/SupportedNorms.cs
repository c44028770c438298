using Arow.Options;

namespace Arow.Attacks;

/// <summary>
/// Validates the norm of attacks that exist in some norms only. In another norm they would minimise the wrong distance
/// and report a classifier as more robust than it is.
/// </summary>
internal static class SupportedNorms
{
    /// <summary>Returns the threat model if the attack supports its norm.</summary>
    /// <exception cref="InputException">The attack does not support the norm.</exception>
    public static ThreatModel Require(string attack, ThreatModel threat, params IReadOnlyList<Norm> norms) =>
        ValidateNorm(attack, threat.Norm, norms) is { } problem ? throw new InputException(problem) : threat;

    /// <summary>Returns an error message if the attack does not support a norm; null if it does.</summary>
    public static string? ValidateNorm(string attack, Norm norm, IReadOnlyList<Norm> norms) => norms.Contains(norm) ? null
        : $"attack '{attack}' exists in {string.Join(" and ", norms.Select(Name))}, not in {Name(norm)}";

    private static string Name(Norm norm) => EnumName.ToName(norm);
}
