using System.Globalization;
using System.Text;
using Arow.Evaluation;

namespace Arow.Analysis;

/// <summary>Creates the tab-separated files of an analysis: name and content.</summary>
internal static class AnalysisTables
{
    public static IEnumerable<(string Name, string Text)> Create(AnalysisResult result)
    {
        yield return ("rows.tsv", Rows(result.Rows, result.OtherRows, result.Names));
        yield return ("confusion.tsv", Confusion(result));
        if (result.Summary.Model.Epsilons.Count > 0) yield return ("curves.tsv", Curves(result.Summary));
        if (result.Surface is { } surface) yield return ("surface.tsv", Surface(surface));
        if (result.Summary.Training.Count > 0) yield return ("training.tsv", Training(result.Summary.Training));
    }

    private static string Rows(IReadOnlyList<AttackedImage> rows, IReadOnlyList<AttackedImage>? others, RowNames? names)
    {
        if (others is null)
            return string.Concat(rows.Select(row => $"{row.ToLine()}{Cells(row)}\n").Prepend($"{AttackedImage.Header}{names?.Header}\n"));
        var text = new StringBuilder(AttackedImage.Header)
            .Append("\tother_group\tother_q_y\tother_clean\tother_p_y\tother_adversarial\tother_robust\tsecond").Append(names?.Header).Append('\n');
        foreach (var (row, other) in rows.Zip(others))
        {
            var outcome = (row.Robust, other.Robust) switch
            {
                (true, true) => "both",
                (false, true) => "wins",
                (true, false) => "loses",
                _ => "neither",
            };
            text.Append(CultureInfo.InvariantCulture,
                $"{row.ToLine()}\t{RobustnessGroups.Key(other.Group)}\t{other.Q:R}\t{other.Clean}\t{other.P:R}\t{other.Adversarial}\t");
            text.Append(CultureInfo.InvariantCulture, $"{(other.Robust ? 1 : 0)}\t{outcome}");
            text.Append(Cells(row)).Append('\n');
        }
        return text.ToString();

        string? Cells(AttackedImage row) => names?.Cells(row.Index, row.Label, row.Worst);
    }

    private static string Confusion(AnalysisResult result)
    {
        string[] names = [.. result.Summary.Model.Classes.Classes.Select(c => Printable.Escape(c.Name))];
        var text = new StringBuilder("class\t").AppendJoin('\t', names).Append('\n');
        foreach (var (name, row) in names.Zip(result.Summary.Model.Classes.Confusion))
            text.Append(name).Append('\t').AppendJoin('\t', row).Append('\n');
        return text.ToString();
    }

    private static string Curves(AnalysisSummary summary)
    {
        var text = new StringBuilder("model\tcurve\tat\tn\tright\taccuracy\tlow\thigh\n");
        foreach (var (which, model) in ((string, ModelFindings?)[])[("model", summary.Model), ("against", summary.Against)])
        {
            (string, IReadOnlyList<CurvePoint>)[] curves = [("epsilon", model?.Epsilons ?? []), ("steps", model?.Steps ?? [])];
            foreach (var (curve, points) in curves)
            {
                foreach (var p in points)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{which}\t{curve}\t{p.At}\t{p.N}\t{p.Right}\t");
                    text.Append(CultureInfo.InvariantCulture, $"{p.Accuracy.Value:R}\t{p.Accuracy.Interval[0]:R}\t{p.Accuracy.Interval[1]:R}\n");
                }
            }
        }
        return text.ToString();
    }

    private static string Surface(LossSurface surface)
    {
        var text = new StringBuilder("image\tlabel\talong_attack\talong_random\tloss\tpredicted\n");
        foreach (var (i, a) in surface.Coordinates.Index())
        {
            foreach (var (j, b) in surface.Coordinates.Index())
            {
                text.Append(CultureInfo.InvariantCulture, $"mean\t-\t{a:0.####}\t{b:0.####}\t{surface.Mean[i][j]:G7}\t-\n");
                foreach (var image in surface.Images)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{image.Index}\t{image.Label}\t{a:0.####}\t{b:0.####}\t");
                    text.Append(CultureInfo.InvariantCulture, $"{image.Loss[i][j]:G7}\t{image.Class[i][j]}\n");
                }
            }
        }
        return text.ToString();
    }

    private static string Training(IReadOnlyList<TrainingCourse> courses)
    {
        var text = new StringBuilder("set\tepoch\tn\tr_nat\tr_rob\tarow\tsmooth\ttrades");
        foreach (var what in (string[])["weight", "kl"])
        {
            text.Append(CultureInfo.InvariantCulture, $"\t{what}_mean");
            foreach (var share in Distribution.Levels) text.Append(CultureInfo.InvariantCulture, $"\t{what}_{100 * share:0}");
        }
        text.Append(string.Concat(RobustnessGroups.All.Select(g => $"\t{RobustnessGroups.Key(g)}"))).Append("\tup\tdown\n");
        foreach (var course in courses)
        {
            foreach (var (i, e) in course.Epochs.Index())
            {
                double[] numbers =
                [
                    e.Bound.Natural.Value, e.Bound.Robust.Value, e.Bound.Arow.Value, e.Bound.Smooth.Value, e.Bound.Trades.Value,
                    e.Weight.Mean, .. e.Weight.Quantiles, e.Kl.Mean, .. e.Kl.Quantiles,
                ];
                text.Append(CultureInfo.InvariantCulture, $"{course.Set}\t{e.Epoch}\t{course.N}\t");
                text.AppendJoin('\t', numbers.Select(v => v.ToString("G7", CultureInfo.InvariantCulture)));
                text.Append('\t').AppendJoin('\t', e.Groups).Append('\t');
                text.Append(i == 0 ? "-\t-" : $"{course.Moves[i - 1].Up}\t{course.Moves[i - 1].Down}").Append('\n');
            }
        }
        return text.ToString();
    }
}
