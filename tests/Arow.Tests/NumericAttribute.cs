using Xunit.v3;

namespace Arow.Tests;

/// <summary>
/// The tests of a class compare results of floating-point arithmetic, whose last bits depend on the processor and on threads: CI runs them
/// again under other instructions and numbers of threads (<c>.ci/numeric</c>).
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NumericAttribute : Attribute, ITraitAttribute
{
    /// <inheritdoc/>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("kind", "numeric")];
}
