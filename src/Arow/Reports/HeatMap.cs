using System.Globalization;
using System.Text;

namespace Arow.Reports;

/// <summary>One panel of a heat map.</summary>
/// <param name="Title">Title above it, shortened to its width; the pointer shows it in full.</param>
/// <param name="Values">[column][row]: along the horizontal axis, then upwards; a NaN has no colour.</param>
/// <param name="Classes">[column][row]: lines are drawn between cells with different names; null for no lines.</param>
internal sealed record HeatPanel(string Title, IReadOnlyList<IReadOnlyList<double>> Values, IReadOnlyList<IReadOnlyList<string>>? Classes = null);

/// <summary>An axis of a heat map.</summary>
/// <param name="Symbol">What the pointer calls it.</param>
/// <param name="Name">Label.</param>
/// <param name="Coordinates">The place of each cell, ascending.</param>
internal sealed record HeatAxis(string Symbol, string Name, IReadOnlyList<double> Coordinates);

/// <summary>Heat maps, three panels in a row, each with its own scale below: an SVG element. The pointer shows the value of each cell.</summary>
internal static class HeatMap
{
    private const int Columns = 3, LeastCell = 1, ScaleSteps = 10;
    private const double PanelWidth = SvgElements.Width / Columns, Left = 38, TitleLine = 22, Line = 18, ScaleBar = 10, ScaleNumber = 46, Gap = 12;

    /// <summary>Draws the panels.</summary>
    /// <param name="title">Accessible name.</param>
    /// <param name="panels">At least one, all of the same size.</param>
    /// <param name="across">The horizontal axis.</param>
    /// <param name="up">The vertical axis.</param>
    public static string RenderSvg(string title, IReadOnlyList<HeatPanel> panels, HeatAxis across, HeatAxis up)
    {
        // Whole pixels: cells have no seams, and their coordinates are short.
        var cell = Math.Max(LeastCell, (int)((PanelWidth - Left - 2) / across.Coordinates.Count));
        var (width, height) = (cell * across.Coordinates.Count, cell * up.Coordinates.Count);
        var panelHeight = TitleLine + height + 3 * Line + Gap;
        var svg = new StringBuilder(SvgElements.Open(title, string.Join("; ", panels.Select(Describe)),
            Math.Ceiling(panels.Count / (double)Columns) * panelHeight));
        foreach (var (i, panel) in panels.Index())
        {
            var (left, top) = (i % Columns * PanelWidth + Left, i / Columns * panelHeight + TitleLine);
            var middle = left + width / 2.0;
            svg.Append(SvgElements.Hover(panel.Title, SvgElements.Text(left, top - 6, SvgElements.Fit(panel.Title, PanelWidth - Left), "start", Palette.Ink)));
            svg.Append(DrawCells(panel, across, up, left, top, cell));
            foreach (var k in (int[])[0, across.Coordinates.Count / 2, across.Coordinates.Count - 1])
                svg.Append(SvgElements.Text(left + (k + 0.5) * cell, top + height + Line - 4, Place(across.Coordinates[k]), "middle"));
            foreach (var k in (int[])[0, up.Coordinates.Count / 2, up.Coordinates.Count - 1])
                svg.Append(SvgElements.Text(left - 4, top + height - (k + 0.5) * cell + 4, Place(up.Coordinates[k]), "end"));
            svg.Append(SvgElements.Text(middle, top + height + 2 * Line - 6, across.Name, "middle"));
            svg.Append(SvgElements.Upright(left - Left + 14, top + height / 2.0, up.Name));
            svg.Append(DrawScale(panel, left, top + height + 3 * Line - 4, width));
        }
        return svg.Append("</svg>").ToString();
    }

    private static string DrawCells(HeatPanel panel, HeatAxis across, HeatAxis up, double left, double top, int cell)
    {
        var (low, high) = FindRange(panel);
        var rows = up.Coordinates.Count;
        var (cells, borders) = (new StringBuilder($"<g fill=\"{Palette.GetColour(0)}\" shape-rendering=\"crispEdges\">"), new StringBuilder());
        for (var i = 0; i < across.Coordinates.Count; i++)
        {
            for (var j = 0; j < rows; j++)
            {
                var (x, y, value, name) = (left + i * cell, top + (rows - 1 - j) * cell, panel.Values[i][j], panel.Classes?[i][j]);
                var text = $"{across.Symbol} {Place(across.Coordinates[i])}, {up.Symbol} {Place(up.Coordinates[j])}: {Number(value)}{(name is null ? "" : $", {name}")}";
                cells.Append(CultureInfo.InvariantCulture, $"""<rect x="{Xml.Coordinate(x)}" y="{Xml.Coordinate(y)}" width="{cell}" height="{cell}" fill-opacity="{GetOpacity(value, low, high)}"><title>{Xml.Escape(text)}</title></rect>""");
                if (i > 0 && panel.Classes is { } before && before[i - 1][j] != name) borders.Append(CultureInfo.InvariantCulture, $"M{Xml.Coordinate(x)} {Xml.Coordinate(y)}v{cell}");
                if (j > 0 && panel.Classes is { } below && below[i][j - 1] != name) borders.Append(CultureInfo.InvariantCulture, $"M{Xml.Coordinate(x)} {Xml.Coordinate(y + cell)}h{cell}");
            }
        }
        cells.Append("</g>\n");
        if (borders.Length > 0) cells.Append($"""<path d="{borders}" fill="none" stroke="{Palette.GetColour(1)}" stroke-width="2" />""" + "\n");
        return cells.ToString();
    }

    /// <summary>Draws the colours between the least and the largest value.</summary>
    private static string DrawScale(HeatPanel panel, double left, double y, double width)
    {
        var (low, high) = FindRange(panel);
        var bar = (width - 2 * ScaleNumber) / ScaleSteps;
        var steps = Enumerable.Range(0, ScaleSteps).Select(k =>
            $"""<rect x="{Xml.Coordinate(left + ScaleNumber + k * bar)}" y="{Xml.Coordinate(y - ScaleBar)}" width="{Xml.Coordinate(bar)}" height="{Xml.Coordinate(ScaleBar)}" fill-opacity="{GetOpacity(k, 0, ScaleSteps - 1)}" />""");
        return $"<g fill=\"{Palette.GetColour(0)}\" shape-rendering=\"crispEdges\">{string.Concat(steps)}</g>\n"
            + SvgElements.Text(left + ScaleNumber - 4, y, Number(low), "end") + SvgElements.Text(left + width - ScaleNumber + 4, y, Number(high), "start");
    }

    private static (double Low, double High) FindRange(HeatPanel panel)
    {
        var all = panel.Values.SelectMany(row => row).Where(double.IsFinite).DefaultIfEmpty(0).ToList();
        return (all.Min(), all.Max());
    }

    private static string Describe(HeatPanel panel)
    {
        var (low, high) = FindRange(panel);
        return $"{panel.Title}: from {Number(low)} to {Number(high)}";
    }

    private static string GetOpacity(double value, double low, double high) => !double.IsFinite(value) ? "0"
        : (0.04 + 0.96 * (high > low ? (value - low) / (high - low) : 0)).ToString("0.##", CultureInfo.InvariantCulture);

    private static string Place(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
}
