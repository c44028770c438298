using Arow.Evaluation;
using Arow.Reports;

namespace Arow.Cli;

/// <summary>Pictures of adversarial images for a report.</summary>
internal static class Examples
{
    private const int Columns = 8;

    /// <summary>Made by the last attack; null where there was none or nothing to show.</summary>
    public static PngFigure? Draw(Examined e) =>
        e.Attacks.Count > 0
        && AdversarialExamples.Find(e.Classifier, e.Images, e.Result.Rows, e.Attacks[^1], e.Seed, Columns) is { } found
            ? ExampleSheet.Draw(found)
            : null;
}
