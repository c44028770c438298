using System.Globalization;

namespace Arow.Reports;

/// <summary>
/// A sheet of adversarial images: a column per image, with the image, the magnified perturbation and the adversarial image, and the
/// predictions below.
/// </summary>
internal static class ExampleSheet
{
    private const int Gap = 14, Dot = 2, MinSide = 136, TextHeight = Dot * DotFont.Height, Heading = Dot * DotFont.Advance * 11;
    private static readonly Colour Ink = Colour.Parse(Palette.Ink), Faint = Colour.Parse(Palette.Faint), Wrong = Colour.Parse(Palette.Wrong);

    /// <summary>Draws the sheet, with a caption for a report.</summary>
    public static PngFigure Render(AdversarialExampleSet examples)
    {
        var magnification = Math.Max(1, (MinSide + examples.Width - 1) / examples.Width);
        var (w, h) = (examples.Width * magnification, examples.Height * magnification);
        var factor = MagnificationFactor(examples.Examples);
        var sheet = new Bitmap(Heading + examples.Examples.Count * (w + Gap) + Gap, Top(3));

        string[] headings = ["original", $"change ×{factor}", "attacked"];
        foreach (var (row, heading) in headings.Index())
            sheet.DrawText(Gap, Top(row) + (h - TextHeight) / 2, heading, Dot, Ink);
        foreach (var (column, example) in examples.Examples.Index())
        {
            var left = Heading + Gap + column * (w + Gap);
            Put(0, example.Image, Name(example.Clean), example.CleanProbability, example.Clean == example.Label ? Ink : Wrong);
            Put(1, Magnify(example, factor), "", null, Faint);
            Put(2, example.Attacked, Name(example.Adversarial), example.AdversarialProbability, example.Adversarial == example.Label ? Ink : Wrong);

            void Put(int row, float[] pixels, string name, double? probability, Colour colour)
            {
                var top = Top(row);
                sheet.DrawImage(left, top, ToBytes(pixels), examples.Width, examples.Height, magnification);
                if (probability is { } p) sheet.DrawText(left, top + h + Gap / 2, Fit(name, FormatProbability(p), w / (Dot * DotFont.Advance)), Dot,
                    colour);
            }
        }
        return new PngFigure("examples", Caption(examples, factor), sheet.ToPng()) { Items = [.. examples.Examples.Select(e => Item(examples, e, factor))] };

        // There is text below the first and the last row of images.
        int Top(int row) => Gap + row * (h + Gap) + (row + 1) / 2 * (TextHeight + Gap / 2);

        string Name(long k) => examples.Classes[(int)k];
    }

    /// <summary>Returns the three pictures of an image with both predictions by their whole names.</summary>
    private static SheetItem Item(AdversarialExampleSet set, AdversarialExample e, int factor)
    {
        const int Side = 96;
        var (label, clean, adversarial) = (set.Classes[(int)e.Label], set.Classes[(int)e.Clean], set.Classes[(int)e.Adversarial]);
        return new SheetItem(
            [
                (Png(e.Image), $"{e.Name}, {label}"), (Png(Magnify(e, factor)), $"its perturbation, magnified {factor} times"),
                (Png(e.Attacked), $"{e.Name} attacked, predicted {adversarial}"),
            ],
            [
                ($"{e.Name}: {label}", false), ($"predicted {clean} {FormatProbability(e.CleanProbability)}", e.Clean != e.Label),
                ($"attacked {adversarial} {FormatProbability(e.AdversarialProbability)}", e.Adversarial != e.Label),
            ])
        { Width = Side };

        byte[] Png(float[] pixels) => Bitmap.ToPng(ToBytes(pixels), set.Width, set.Height);
    }

    private static float[] Magnify(AdversarialExample e, int factor) => [.. e.Attacked.Zip(e.Image, (a, x) => 0.5f + factor * (a - x))];

    /// <summary>Returns the largest integer factor at which no perturbation leaves the range of grey.</summary>
    private static int MagnificationFactor(IReadOnlyList<AdversarialExample> examples) =>
        MagnificationFactor(examples.Max(e => e.Attacked.Zip(e.Image, (a, x) => Math.Abs(a - x)).Max()));

    /// <summary>The same for the largest change of a pixel.</summary>
    internal static int MagnificationFactor(double largest) => largest == 0 ? 1 : Math.Max(1, (int)(0.5 / largest));

    private static string Caption(AdversarialExampleSet found, int factor)
    {
        var (count, wrong) = (found.Examples.Count, found.Examples.Count(e => e.Adversarial != e.Label));
        return $"{count} test images (numbers {string.Join(", ", found.Examples.Select(e => e.Index))}), the perturbations of {found.Attack} magnified {factor} times around grey, "
            + $"and the adversarial images, of which {wrong} are misclassified. Below each image: the predicted class and its probability.";
    }

    private static byte[] ToBytes(float[] pixels) => [.. pixels.Select(p => (byte)Math.Round(255 * Math.Clamp(p, 0, 1)))];

    private static string FormatProbability(double probability) =>
        probability.ToString("P0", CultureInfo.InvariantCulture).Replace(" ", "", StringComparison.Ordinal);

    /// <summary>Fits a name and a number into a given length by shortening the name.</summary>
    private static string Fit(string name, string number, int letters)
    {
        var room = Math.Max(1, letters - number.Length - 1);
        return $"{(name.Length <= room ? name : name[..room])} {number}";
    }
}
