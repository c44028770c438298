namespace Arow.Attacks;

/// <summary>Images without an attack, where an attack can be named.</summary>
internal static class NoAttack
{
    /// <summary>Its name.</summary>
    public const string Name = "clean";
}
