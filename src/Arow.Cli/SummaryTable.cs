using System.Globalization;
using Arow.Evaluation;
using Spectre.Console;

namespace Arow.Cli;

/// <summary>An evaluation on standard output, for people.</summary>
internal static class SummaryTable
{
    public static void Print(EvaluationSummary summary)
    {
        var table = new Table().RoundedBorder().AddColumns("attack", "accuracy", "95 % interval", "attacked", "broken", "seconds");
        table.AddRow("clean", Percent(summary.CleanAccuracy), Interval(summary.CleanInterval), $"{summary.N}",
            $"{Math.Round((1 - summary.CleanAccuracy) * summary.N)}", "");
        foreach (var attack in summary.Attacks)
        {
            var robust = Confidence.Wilson((long)Math.Round(attack.Accuracy * summary.N), summary.N);
            table.AddRow(
                Markup.Escape(attack.Name), Percent(attack.Accuracy), Interval([robust.Low, robust.High]),
                $"{attack.Attacked}", $"{attack.Broken}", attack.Seconds.ToString("f1", CultureInfo.InvariantCulture));
        }
        AnsiConsole.Write(table);
        var s = summary.Subject;
        Console.WriteLine($"{summary.N} test images of {s.Dataset}; {s.Norm} {s.Epsilon}; {s.Model}; rows in {summary.Rows}");
        if (s.SelectedOn == "test") Console.WriteLine("These weights were SELECTED ON TEST DATA: the accuracies are too high by an unknown amount.");
    }

    private static string Percent(double share) => share.ToString("p2", CultureInfo.InvariantCulture);

    private static string Interval(double[] ends) => $"{Percent(ends[0])} – {Percent(ends[1])}";
}
