using System.Globalization;

namespace Arow.Reports;

/// <summary>
/// A sheet of adversarial images: a column per image, with the image, the magnified perturbation and the adversarial image, and the
/// predictions below.
/// </summary>
public static class ExampleSheet
{
    private const int Gap = 14, Dot = 2, LeastSide = 136, TextHeight = Dot * TinyFont.Height, Heading = Dot * TinyFont.Advance * 11;
    private static readonly Colour Ink = new(0x1c, 0x25, 0x30), Faint = new(0x5b, 0x68, 0x75), Wrong = new(0xc2, 0x41, 0x0c);

    /// <summary>Draws the sheet, with a caption for a report.</summary>
    public static PngFigure Draw(AdversarialExamples found)
    {
        var times = Math.Max(1, (LeastSide + found.Width - 1) / found.Width);
        var (w, h) = (found.Width * times, found.Height * times);
        var factor = Factor(found.Examples);
        var sheet = new Raster(Heading + found.Examples.Count * (w + Gap) + Gap, Top(3));

        string[] headings = ["original", $"change ×{factor}", "attacked"];
        foreach (var (row, heading) in headings.Index())
            sheet.Text(Gap, Top(row) + (h - TextHeight) / 2, heading, Dot, Ink);
        foreach (var (column, example) in found.Examples.Index())
        {
            var left = Heading + Gap + column * (w + Gap);
            Put(0, example.Image, Name(example.Clean), example.CleanProbability, example.Clean == example.Label ? Ink : Wrong);
            Put(1, [.. example.Attacked.Zip(example.Image, (a, x) => 0.5f + factor * (a - x))], "", null, Faint);
            Put(2, example.Attacked, Name(example.Adversarial), example.AdversarialProbability, example.Adversarial == example.Label ? Ink : Wrong);

            void Put(int row, float[] pixels, string name, double? probability, Colour colour)
            {
                var top = Top(row);
                sheet.Image(left, top, Bytes(pixels), found.Width, found.Height, times);
                if (probability is { } p) sheet.Text(left, top + h + Gap / 2, Fit(name, Sureness(p), w / (Dot * TinyFont.Advance)), Dot, colour);
            }
        }
        return new PngFigure("examples", Caption(found, factor), sheet.ToPng());

        // There is text below the first and the last row of images.
        int Top(int row) => Gap + row * (h + Gap) + (row + 1) / 2 * (TextHeight + Gap / 2);

        string Name(long k) => found.Classes[(int)k];
    }

    /// <summary>Returns the largest integer factor at which no perturbation leaves the range of grey.</summary>
    private static int Factor(IReadOnlyList<AdversarialExample> examples)
    {
        var largest = examples.Max(e => e.Attacked.Zip(e.Image, (a, x) => Math.Abs(a - x)).Max());
        return largest == 0 ? 1 : Math.Max(1, (int)(0.5 / largest));
    }

    private static string Caption(AdversarialExamples found, int factor)
    {
        var (count, wrong) = (found.Examples.Count, found.Examples.Count(e => e.Adversarial != e.Label));
        return $"{count} test images (numbers {string.Join(", ", found.Examples.Select(e => e.Index))}), the perturbations of {found.Attack} magnified {factor} times around grey, "
            + $"and the adversarial images, of which {wrong} are misclassified. Below each image: the predicted class and its probability.";
    }

    private static byte[] Bytes(float[] pixels) => [.. pixels.Select(p => (byte)Math.Round(255 * Math.Clamp(p, 0, 1)))];

    private static string Sureness(double probability) => probability.ToString("P0", CultureInfo.InvariantCulture).Replace(" ", "", StringComparison.Ordinal);

    /// <summary>Fits a name and a number into a given length by shortening the name.</summary>
    private static string Fit(string name, string number, int letters)
    {
        var room = Math.Max(1, letters - number.Length - 1);
        return $"{(name.Length <= room ? name : name[..room])} {number}";
    }
}
