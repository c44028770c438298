using System.Text;
using Arow.Evaluation;

namespace Arow.Reports;

/// <summary>A confusion matrix with both axes labelled: an SVG element. Cells are per cent of the class; the pointer shows counts.</summary>
internal static class ConfusionChart
{
    /// <summary>More classes than this have no legible cells.</summary>
    public const int MostClasses = 100;

    private const double LegibleNumber = 26, LegibleName = 14, MaxCell = 44, Axis = 24, Margin = 10;
    private const int LongestName = 24;

    /// <summary>Draws the matrix.</summary>
    /// <param name="title">Accessible name.</param>
    /// <param name="matrix">Counts.</param>
    /// <param name="names">Names of the classes; the pointer shows them in full.</param>
    public static string RenderSvg(string title, ConfusionMatrix matrix, IReadOnlyList<string> names)
    {
        var k = matrix.Size;
        var room = Math.Min(LongestName, names.Max(n => n.Length)) * SvgElements.Letter + Margin;
        var left = Axis + room;
        if ((SvgElements.Width - left - Margin) / k < LegibleName) left = Axis;
        var cell = Math.Min(MaxCell, (SvgElements.Width - left - Margin) / k);
        var (named, top) = (left > Axis, left);
        var side = k * cell;
        var svg = new StringBuilder(SvgElements.Open(title, Describe(matrix, names), top + side + Margin));
        svg.Append(SvgElements.Text(left + side / 2, 16, "predicted class", "middle"));
        svg.Append(SvgElements.Upright(16, top + side / 2, "true class"));
        for (var i = 0; i < k; i++)
        {
            if (named)
            {
                var (x, y) = (left + (i + 0.5) * cell + 4, top + (i + 0.5) * cell + 4);
                svg.Append(Hint(names[i], SvgElements.Text(left - 6, y, SvgElements.Fit(names[i], room), "end", Palette.Ink)));
                svg.Append(Hint(names[i], $"""<g transform="rotate(-90 {Xml.Coordinate(x)} {Xml.Coordinate(top - 6)})">{SvgElements.Text(x, top - 6, SvgElements.Fit(names[i], room), "start", Palette.Ink)}</g>"""));
            }
            for (var j = 0; j < k; j++)
            {
                if (matrix.Counts[i][j] > 0) svg.Append(Cell(matrix, names, i, j, left + j * cell, top + i * cell, cell));
            }
        }
        svg.Append($"""<rect x="{Xml.Coordinate(left)}" y="{Xml.Coordinate(top)}" width="{Xml.Coordinate(side)}" height="{Xml.Coordinate(side)}" fill="none" stroke="{Palette.Rule}" />""");
        return svg.Append("</svg>").ToString();
    }

    private static string Cell(ConfusionMatrix matrix, IReadOnlyList<string> names, int i, int j, double x, double y, double cell)
    {
        var (n, images) = (matrix.Counts[i][j], matrix.ImagesOf(i));
        var share = (double)n / images;
        var drawn = $"""<rect x="{Xml.Coordinate(x)}" y="{Xml.Coordinate(y)}" width="{Xml.Coordinate(cell)}" height="{Xml.Coordinate(cell)}" fill="{Palette.GetColour(i == j ? 0 : 1)}" fill-opacity="{Xml.Coordinate(0.1 + 0.6 * share)}" />""";
        if (cell >= LegibleNumber && share >= 0.005)
            drawn += SvgElements.Text(x + cell / 2, y + cell / 2 + 4, ReportFormat.Percent(share, 0)[..^2], "middle", Palette.Ink);
        return SvgElements.Hover(
            $"{names[i]} predicted as {names[j]}: {ReportFormat.Count(n)} of {ReportFormat.Count(images)} images ({ReportFormat.Percent(share)})", drawn);
    }

    private static string Hint(string name, string text) => name.Length > LongestName ? SvgElements.Hover(name, text) : text;

    private static string Describe(ConfusionMatrix matrix, IReadOnlyList<string> names)
    {
        const int Most = 5;
        var errors = matrix.Counts.SelectMany((row, i) => row.Select((n, j) => (i, j, n))).Where(c => c.i != c.j && c.n > 0)
            .OrderByDescending(c => c.n).Take(Most).Select(c => $"{names[c.i]} as {names[c.j]} {ReportFormat.Count(c.n)}").ToList();
        return $"{ReportFormat.Count(matrix.Correct)} of {ReportFormat.Count(matrix.Total)} images are on the diagonal"
            + (errors.Count == 0 ? "" : $"; most frequent errors: {string.Join(", ", errors)}");
    }
}
