using System.Globalization;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>Settings of a method that differ in λ alone, as far as they are measured.</summary>
/// <param name="Name">The method, and what else of its setting varies.</param>
/// <param name="Method">The method.</param>
/// <param name="Points">By ascending λ.</param>
internal sealed record StudyCurve(string Name, string Method, IReadOnlyList<StudyCurve.Point> Points)
{
    /// <summary>A setting.</summary>
    internal sealed record Point(StudyCell Cell, double? Lambda, Spread Clean, Spread Robust, bool Chosen);

    public TradeOffSeries Series => new(Method, [.. Points.Select(p => new TradeOffPoint(
        p.Clean, p.Robust, Points.Count > 1 && p.Lambda is { } λ ? λ.ToString("0.###", CultureInfo.InvariantCulture) : "", p.Chosen))]);

    /// <summary>The curve of means.</summary>
    public Curve Mean => new([.. Points.Select(p => (p.Clean.Mean, p.Robust.Mean))]);

    /// <summary>All curves on a data set, by the headline evaluation; none if that attacks nothing, and clean accuracy is all there is.</summary>
    public static IReadOnlyList<StudyCurve> All(StudyResults results, string dataset)
    {
        var (study, headline) = (results.Study, results.Study.Headline);
        var curves = new List<StudyCurve>();
        if (headline.Attacks.Count == 0) return curves;
        foreach (var method in study.Methods)
        {
            var chosen = results.Choice(dataset, method).Cell;
            foreach (var group in study.Cells(dataset, method).GroupBy(c => Others(study, c)))
            {
                var points = group
                    .Select(c => (Cell: c, study.Of(c)[0].Lambda, Clean: results.Clean(c, headline), Robust: results.Robust(c, headline)))
                    .Where(p => p.Clean is not null).OrderBy(p => p.Lambda)
                    .Select(p => new Point(p.Cell, p.Lambda, p.Clean!, p.Robust!, p.Cell == chosen)).ToList();
                if (points.Count > 0) curves.Add(new StudyCurve(group.Key.Length == 0 ? method : $"{method}, {group.Key}", method, points));
            }
        }
        return curves;
    }

    /// <summary>The points that no other beats in both.</summary>
    public static IReadOnlyList<Point> Front(IReadOnlyList<StudyCurve> curves)
    {
        var points = curves.SelectMany(c => c.Points).ToList();
        return [.. ParetoFront.Of([.. points.Select(p => (p.Clean.Mean, p.Robust.Mean))]).Select(i => points[i])];
    }

    /// <summary>The curve of one seed; null unless the seed has all of its points.</summary>
    public Curve? Of(StudyResults results, long seed)
    {
        var points = Points.Select(p => results.Of(p.Cell).FirstOrDefault(r => r.Run.Seed == seed)?.Measured.GetValueOrDefault(results.Study.Headline.Name)?.Summary).ToList();
        return points.Contains(null) ? null : new Curve([.. points.Select(s => (s!.CleanAccuracy, s.RobustAccuracy))]);
    }

    /// <summary>What of a setting varies beside λ.</summary>
    private static string Others(Study study, StudyCell cell) =>
        string.Join(", ", study.Of(cell)[0].Axes.Where(a => a.Name != "lambda").Select(a => $"{a.Name} {a.Value}"));
}
