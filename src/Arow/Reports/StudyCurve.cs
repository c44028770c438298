using System.Globalization;
using Arow.Statistics;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>Settings of a method that differ only in λ, as far as they are evaluated.</summary>
/// <param name="Name">The method and the other varying options.</param>
/// <param name="Method">The method.</param>
/// <param name="Points">Settings by ascending λ.</param>
internal sealed record StudyCurve(string Name, string Method, IReadOnlyList<StudyCurve.Point> Points)
{
    /// <summary>A setting.</summary>
    internal sealed record Point(StudyCell Cell, double? Lambda, SeedSpread Clean, SeedSpread Robust, bool Selected);

    public TradeOffSeries Series => new(Method, [.. Points.Select(p => new TradeOffPoint(
        p.Clean, p.Robust, Points.Count > 1 && p.Lambda is { } λ ? λ.ToString("0.###", CultureInfo.InvariantCulture) : "", p.Selected))]);

    /// <summary>The curve of means over seeds.</summary>
    public Curve Mean => new([.. Points.Select(p => (p.Clean.Mean, p.Robust.Mean))]);

    /// <summary>Returns all curves on a data set for the headline evaluation; none if it has no attack.</summary>
    public static IReadOnlyList<StudyCurve> CreateAll(StudyResults results, string dataset)
    {
        var (study, headline) = (results.Study, results.Study.Headline);
        var curves = new List<StudyCurve>();
        if (headline.Attacks.Count == 0) return curves;
        foreach (var method in study.Methods)
        {
            var chosen = results.GetChosenSetting(dataset, method).Cell;
            foreach (var group in study.Cells(dataset, method).GroupBy(c => DescribeOtherAxes(study, c)))
            {
                var points = group
                    .Select(c => (Cell: c, study.RunsOf(c)[0].Lambda, Clean: results.Clean(c, headline), Robust: results.Robust(c, headline)))
                    .Where(p => p.Clean is not null).OrderBy(p => p.Lambda)
                    .Select(p => new Point(p.Cell, p.Lambda, p.Clean!, p.Robust!, p.Cell == chosen)).ToList();
                if (points.Count > 0) curves.Add(new StudyCurve(group.Key.Length == 0 ? method : $"{method}, {group.Key}", method, points));
            }
        }
        return curves;
    }

    /// <summary>Returns the points of the Pareto front.</summary>
    public static IReadOnlyList<Point> FindFront(IReadOnlyList<StudyCurve> curves)
    {
        var points = curves.SelectMany(c => c.Points).ToList();
        return [.. ParetoFront.Compute([.. points.Select(p => (p.Clean.Mean, p.Robust.Mean))]).Select(i => points[i])];
    }

    /// <summary>Returns the curve of one seed; null unless all of its points exist.</summary>
    public Curve? ForSeed(StudyResults results, long seed)
    {
        var points = Points.Select(p => results.ResultsOf(p.Cell)
            .FirstOrDefault(r => r.Run.Seed == seed)?.Measured.GetValueOrDefault(results.Study.Headline.Name)?.Summary).ToList();
        return points.Contains(null) ? null : new Curve([.. points.Select(s => (s!.CleanAccuracy, s.RobustAccuracy))]);
    }

    /// <summary>Describes the options of a setting that vary besides λ.</summary>
    private static string DescribeOtherAxes(Study study, StudyCell cell) =>
        string.Join(", ", study.RunsOf(cell)[0].Axes.Where(a => a.Name != "lambda").Select(a => $"{a.Name} {a.Value}"));
}
