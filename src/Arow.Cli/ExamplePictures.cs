using Arow.Evaluation;
using Arow.Reports;

namespace Arow.Cli;

/// <summary>Pictures of adversarial images for a report.</summary>
internal static class ExamplePictures
{
    private const int Columns = 8;

    /// <summary>Made by the attack that turned most images; null where there was none or nothing to show.</summary>
    public static PngFigure? Draw(Examined e)
    {
        if (e.Attacks.Count == 0) return null;
        var best = e.Attacks.MaxBy(a => e.Result.Rows.Count(r => r.BrokenBy == a.Name))!;
        return AdversarialExamples.Find(e, best, Columns) is { } found
            ? ExampleSheet.Draw(found)
            : null;
    }
}
