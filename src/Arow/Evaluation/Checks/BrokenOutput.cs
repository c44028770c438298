namespace Arow.Evaluation.Checks;

/// <summary>Logits that are not finite.</summary>
internal static class BrokenOutput
{
    public static Finding? Find(ModelCheckContext context)
    {
        long[] broken = [.. context.Rows.Where(r => double.IsNaN(r.Margin)).Select(r => r.Index)];
        return broken.Length == 0 ? null : Finding.Warning(
            "broken-output",
            $"The logits of {FindingChecks.DescribeCount(broken.Length, context.Rows.Count)} are not finite (NaN or infinite).",
            "Such images count as misclassified. The weights may be damaged or of another architecture, or the pixels may be scaled incorrectly.",
            broken);
    }
}
