namespace Arow.Tests.Unit.Models;

/// <summary>
/// Networks whose batch norms are not those of a fresh one, and whose last layer is not zero: else much would be the same by chance.
/// </summary>
internal static class ShakenStatistics
{
    /// <summary>Draws them from torch's generator.</summary>
    public static void Shake(Network network)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var (key, value) in network.State)
        {
            if (key.EndsWith("running_mean", StringComparison.Ordinal)) value.uniform_(-0.2, 0.2);
            if (key.EndsWith("running_var", StringComparison.Ordinal)) value.uniform_(0.5, 2);
            if (key.StartsWith("classifier.fc3.weight", StringComparison.Ordinal)) value.normal_(0, 0.1);
        }
    }
}
