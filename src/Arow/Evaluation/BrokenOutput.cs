namespace Arow.Evaluation;

/// <summary>Logits that are no numbers.</summary>
internal static class BrokenOutput
{
    public static Finding? Find(Probe probe)
    {
        long[] broken = [.. probe.Rows.Where(r => double.IsNaN(r.Margin)).Select(r => r.Index)];
        return broken.Length == 0 ? null : Finding.Warning(
            "broken-output",
            $"The logits of {Checks.Of(broken.Length, probe.Rows.Count)} hold something that is no number (NaN), or infinities.",
            "Such images count as misclassified. The weights may be damaged or of another architecture, or the pixels may be scaled wrongly.",
            broken);
    }
}
