namespace Arow.Evaluation;

/// <summary>Clean accuracy that guessing would reach.</summary>
internal static class NearChance
{
    public static Finding? Find(Probe probe)
    {
        var right = probe.Rows.Count(r => r.Clean == r.Label);
        var chance = 1.0 / probe.Classes;
        var interval = Confidence.Wilson(right, probe.Rows.Count);
        return probe.Classes < 2 || interval.Low > chance ? null : Finding.Warning(
            "near-chance",
            string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"Only {Checks.Of(right, probe.Rows.Count)} are classified rightly as they are; guessing among {probe.Classes} classes would reach {100 * chance:f1} %."),
            "Pixels may reach the model unnormalised or normalised twice (mean and deviation), classes may be in another order, or the weights may be of another model: its robust accuracy then says nothing.",
            []);
    }
}
