using Arow.Evaluation;
using Arow.Reports;

namespace Arow.Cli;

/// <summary>Pictures of adversarial images for a report.</summary>
internal static class ExampleFigure
{
    private const int Columns = 8;

    /// <summary>Draws images of the attack that broke the most; null if there is nothing to show.</summary>
    public static PngFigure? Draw(EvaluationArtifacts artifacts)
    {
        if (artifacts.Attacks.Count == 0) return null;
        var best = artifacts.Attacks.MaxBy(a => artifacts.Result.Rows.Count(r => r.BrokenBy == a.Name))!;
        return AdversarialExampleSet.Reproduce(artifacts, best, Columns) is { } found
            ? ExampleSheet.Render(found)
            : null;
    }
}
