using System.Globalization;

namespace Arow.Reports;

/// <summary>One panel of a heat map.</summary>
/// <param name="Title">Title above it, clipped to its width.</param>
/// <param name="Values">[row][column], first row at the top; a NaN leaves a grey cell.</param>
/// <param name="Classes">[row][column]: lines are drawn between cells with different values; null for no lines.</param>
internal sealed record HeatPanel(string Title, IReadOnlyList<IReadOnlyList<double>> Values, IReadOnlyList<IReadOnlyList<long>>? Classes = null);

/// <summary>Heat maps, panel beside panel, each with its own colour scale: identical on every machine.</summary>
internal static class HeatMap
{
    private const int Gap = 18, Dot = 2, Line = Dot * DotFont.Height, Legend = 14;
    private static readonly Colour Ink = Colour.Parse(Palette.Ink), Faint = Colour.Parse(Palette.Faint), White = Colour.Parse(Palette.Paper),
    NoValue = new(0xdd, 0xdd, 0xdd);

    /// <summary>Perceptually uniform colours from low to high with rising lightness, for colour-blind readers (viridis).</summary>
    private static readonly Colour[] Stops =
    [
        new(0x44, 0x01, 0x54), new(0x48, 0x28, 0x78), new(0x3e, 0x4a, 0x89), new(0x31, 0x68, 0x8e), new(0x26, 0x82, 0x8e),
        new(0x1f, 0x9e, 0x89), new(0x35, 0xb7, 0x79), new(0x6d, 0xcd, 0x59), new(0xb4, 0xde, 0x2c), new(0xfd, 0xe7, 0x25),
    ];

    /// <summary>Draws panels in rows, each with its scale below.</summary>
    /// <param name="panels">At least one.</param>
    /// <param name="cell">Side of a cell in pixels.</param>
    /// <param name="columns">Panels per row.</param>
    public static byte[] RenderPng(IReadOnlyList<HeatPanel> panels, int cell, int columns)
    {
        var (h, w) = (panels[0].Values.Count * cell, panels[0].Values[0].Count * cell);
        var (across, down) = (Math.Min(columns, panels.Count), (panels.Count + columns - 1) / columns);
        var sheet = new Bitmap(Gap + across * (w + Gap), Gap + down * PanelHeight(h));
        foreach (var (i, panel) in panels.Index())
        {
            var (left, top) = (Gap + i % columns * (w + Gap), Gap + i / columns * PanelHeight(h));
            sheet.DrawText(left, top, Truncate(panel.Title, w), Dot, Ink);
            Draw(sheet, panel, left, top + Line + 4, cell);
        }
        return sheet.ToPng();

        static int PanelHeight(int h) => Line + 4 + h + 8 + Legend + 4 + Line + Gap;
    }

    private static void Draw(Bitmap sheet, HeatPanel panel, int left, int top, int cell)
    {
        var all = panel.Values.SelectMany(row => row).Where(double.IsFinite).DefaultIfEmpty(0).ToList();
        var (low, high) = (all.Min(), all.Max());
        foreach (var (i, row) in panel.Values.Index())
        {
            foreach (var (j, value) in row.Index())
            {
                var share = high > low ? (value - low) / (high - low) : 0;
                sheet.FillRectangle(left + j * cell, top + i * cell, cell, cell, double.IsFinite(value) ? GetColour(share) : NoValue);
            }
        }
        if (panel.Classes is { } marked) DrawBorders(sheet, marked, left, top, cell);

        var (width, below) = (panel.Values[0].Count * cell, top + panel.Values.Count * cell + 8);
        for (var x = 0; x < width; x++) sheet.FillRectangle(left + x, below, 1, Legend, GetColour((double)x / (width - 1)));
        var (from, to) = (Number(low), Number(high));
        sheet.DrawText(left, below + Legend + 4, from, Dot, Faint);
        sheet.DrawText(left + width - to.Length * Dot * DotFont.Advance, below + Legend + 4, to, Dot, Faint);
    }

    /// <summary>Draws a white line between different classes.</summary>
    private static void DrawBorders(Bitmap sheet, IReadOnlyList<IReadOnlyList<long>> marked, int left, int top, int cell)
    {
        for (var i = 0; i < marked.Count; i++)
        {
            for (var j = 0; j < marked[i].Count; j++)
            {
                if (j > 0 && marked[i][j] != marked[i][j - 1]) sheet.FillRectangle(left + j * cell - 1, top + i * cell, 2, cell, White);
                if (i > 0 && marked[i][j] != marked[i - 1][j]) sheet.FillRectangle(left + j * cell, top + i * cell - 1, cell, 2, White);
            }
        }
    }

    private static Colour GetColour(double share)
    {
        var place = Math.Clamp(share, 0, 1) * (Stops.Length - 1);
        var below = Math.Min((int)place, Stops.Length - 2);
        var (a, b, part) = (Stops[below], Stops[below + 1], place - below);
        return new Colour(Mix(a.Red, b.Red), Mix(a.Green, b.Green), Mix(a.Blue, b.Blue));

        byte Mix(byte from, byte to) => (byte)Math.Round(from + part * (to - from));
    }

    private static string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    private static string Truncate(string text, int width) =>
        text.Length * Dot * DotFont.Advance <= width ? text : text[..(width / (Dot * DotFont.Advance))];
}
