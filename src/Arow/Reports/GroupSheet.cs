using System.Globalization;
using Arow.Analysis;
using Arow.Data;

namespace Arow.Reports;

/// <summary>A sheet of the images of one group, least robust first, with their predictions under attack.</summary>
internal static class GroupSheet
{
    private const int Columns = 10, Rows = 5, Gap = 10, Dot = 2, MinSide = 96, TextHeight = Dot * DotFont.Height;
    private static readonly Colour Ink = Colour.Parse(Palette.Ink), Faint = Colour.Parse(Palette.Faint), Wrong = Colour.Parse(Palette.Wrong);

    /// <summary>Draws the sheet with a caption; null for a group without images.</summary>
    /// <param name="images">The analysed images.</param>
    /// <param name="rows">Results of the analysis.</param>
    /// <param name="group">The group.</param>
    public static PngFigure? Render(ImageSet images, IReadOnlyList<AttackedImage> rows, RobustnessGroup group)
    {
        var members = rows.Where(r => r.Group == group).OrderBy(r => r.Q).ThenBy(r => r.Index).ToList();
        if (members.Count == 0) return null;
        var shown = members.Take(Columns * Rows).ToList();
        var magnification = Math.Max(1, (MinSide + images.Width - 1) / images.Width);
        var (w, h) = (images.Width * magnification, images.Height * magnification);
        var rowHeight = h + 3 * (TextHeight + 2) + Gap;
        var sheet = new Bitmap(Gap + Math.Min(Columns, shown.Count) * (w + Gap), Gap + (shown.Count + Columns - 1) / Columns * rowHeight);
        var pixels = Pixels(images, shown);
        foreach (var (i, row) in shown.Index())
        {
            var (left, top) = (Gap + i % Columns * (w + Gap), Gap + i / Columns * rowHeight);
            sheet.DrawImage(left, top, pixels[i], images.Width, images.Height, magnification);
            Write(0, Name(row.Label), Ink);
            Write(1, Name(row.Worst), row.Robust ? Faint : Wrong);
            Write(2, string.Create(CultureInfo.InvariantCulture, $"{row.Q:0.00} {row.Index}"), Faint);

            void Write(int line, string text, Colour colour) => sheet.DrawText(
                left, top + h + 3 + line * (TextHeight + 2), text[..Math.Min(text.Length, (w + Gap / 2) / (Dot * DotFont.Advance))], Dot, colour);
        }
        return new PngFigure($"group-{RobustnessGroups.Key(group)}",
            $"{(shown.Count < members.Count ? $"The {shown.Count} least robust of {ReportFormat.Count(members.Count)}" : $"All {members.Count}")} {RobustnessGroups.Name(group)} images ({RobustnessGroups.Range(group)}). "
            + "Below each: its class, the prediction under attack (orange if wrong), q_y and its number.",
            sheet.ToPng())
        { Items = [.. shown.Select((row, i) => Item(row, pixels[i]))] };

        SheetItem Item(AttackedImage row, byte[] planes) => new(
            [(Bitmap.ToPng(planes, images.Width, images.Height), $"{File(row)}, {Name(row.Label)}")],
            [
                (Name(row.Label), false), ($"→ {Name(row.Worst)}", !row.Robust),
                (string.Create(CultureInfo.InvariantCulture, $"q_y {row.Q:0.00}"), false), (File(row), false),
            ])
        { Width = MinSide };

        string File(AttackedImage row) => images.Origin?.Names[(int)row.Index] ?? $"image {row.Index}";

        string Name(long k) => k < images.Classes.Count ? images.Classes[(int)k] : $"{k}";
    }

    private static List<byte[]> Pixels(ImageSet images, IReadOnlyList<AttackedImage> shown)
    {
        using var scope = NewDisposeScope();
        var place = images.Indices.cpu().data<long>().ToArray().Index().ToDictionary(i => i.Item, i => (long)i.Index);
        var rows = tensor(shown.Select(r => place[r.Index]).ToArray(), device: images.Device);
        return [.. images.Gather(rows).cpu().contiguous().bytes.ToArray().Chunk(images.Channels * images.Height * images.Width)];
    }
}
