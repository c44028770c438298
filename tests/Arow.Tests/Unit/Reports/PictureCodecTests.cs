using Arow.Tests.Unit.Evaluation;
using SkiaSharp;

namespace Arow.Tests.Unit.Reports;

public sealed class PictureCodecTests
{
    [Theory]
    [InlineData(Randomness.Keyed)]
    [InlineData(Randomness.Published)]
    public void Examples_are_what_the_evaluation_found(Randomness randomness)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(2);
        using var all = new ImageSet(
            "noise", randint(0, 256, [90, 3, 4, 4], ScalarType.Byte, generator: generator),
            randint(0, 3, [90], ScalarType.Int64, generator: generator), ["a", "b", "c"]);
        using var images = all.Limit(70, seed: 1);
        var weights = randn(3, 48, generator: generator);
        Tensor Linear(Tensor x) => F.linear(x.flatten(1) - 0.5, weights);
        var attack = Pgd.Standard(new ThreatModel(Norm.Linf, 0.05), steps: 3);
        var runner = new AttackRunner(Linear, images, 16, seed: 4) { Randomness = randomness };
        var result = new Evaluator(runner).Run([attack], TestContext.Current.CancellationToken);
        var broken = result.Rows.Where(r => r.BrokenBy == attack.Name).ToDictionary(r => r.Index);
        Assert.True(broken.Count >= 6, "the attack must break enough for the test to say anything");

        var found = AdversarialExampleSet.Reproduce(new EvaluationArtifacts(runner, [attack], result), attack, count: 6)!;
        Assert.Equal([0, 1, 2, 0, 1, 2], found.Examples.Select(e => e.Label));
        foreach (var example in found.Examples)
        {
            var row = broken[example.Index];
            Assert.Equal((row.Label, row.Clean, row.Adversarial), (example.Label, example.Clean, example.Adversarial));
            Assert.InRange(example.AdversarialProbability, 1 / 3.0, 1);
            Assert.Equal(row.Norm, example.Attacked.Zip(example.Image, (a, x) => Math.Abs((double)a - x)).Max(), 1e-6);
            var original = all.Images[example.Index].flatten().data<byte>().ToArray();
            Assert.Equal(original, example.Image.Select(p => (byte)Math.Round(255 * p)));
        }
    }

    [Fact]
    public void Where_nothing_broke_the_nearest_to_it_are_shown()
    {
        using var images = Brightness.Bright(51, 230, 200, 210);
        var attack = Brightness.Darken("weak", 0.01);
        using var dark = Brightness.Bright(51);
        using var scope = NewDisposeScope();
        Assert.Equal([2, 3], Find(images)!.Examples.Select(e => e.Index));
        Assert.Null(Find(dark));

        AdversarialExampleSet? Find(ImageSet set)
        {
            var runner = new AttackRunner(Brightness.Classify, set, 10, seed: 0);
            return AdversarialExampleSet.Reproduce(new EvaluationArtifacts(runner, [attack], new Evaluator(runner).Run([attack])), attack, count: 2);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_sheet_shows_the_pixels_and_the_magnified_change(int channels)
    {
        float[] image = [.. Enumerable.Repeat(0.2f, 4 * channels)];
        float[] attacked = [.. image];
        attacked[0] += 0.1f;   // The upper left pixel, in red where there is colour.
        attacked[3] -= 0.05f;  // The lower right one.
        var found = new AdversarialExampleSet([new AdversarialExample(5, 0, 0, 0.9, 1, 0.8, image, attacked)], "pgd20", ["cat", "dog"],
            2, 2);
        var figure = ExampleSheet.Render(found);
        // 0.5 / 0.1 = 5, less for rounding.
        Assert.Contains("pgd20", figure.Caption);
        Assert.Matches("magnified [45] times", figure.Caption);
        var factor = figure.Caption.Contains("5 times", StringComparison.Ordinal) ? 5 : 4;
        using var sheet = SKBitmap.Decode(figure.Png);
        // Tiles of 136 pixels, 14 apart, and 23 for words below the first row of them.
        var (left, change, last) = (sheet.Width - 14 - 136, 14 + 136 + 14 + 23, 14 + 2 * (136 + 14) + 23);
        Red(51, sheet.GetPixel(left + 30, 14 + 30));
        Red(77, sheet.GetPixel(left + 30, last + 30));
        Red((int)Math.Round(255 * (0.5 + factor * 0.1)), sheet.GetPixel(left + 30, change + 30));
        Red((int)Math.Round(255 * (0.5 - factor * 0.05)), sheet.GetPixel(left + 100, change + 100));
        Red(128, sheet.GetPixel(left + 100, change + 30));
        Assert.InRange(sheet.GetPixel(left + 30, last + 30).Blue - (channels == 1 ? 77 : 51), -1, 1);
        // What the classifier sees is written below: some dots that are not white.
        Assert.Contains(Enumerable.Range(left, 136), x => Enumerable.Range(14 + 136, 20).Any(y => sheet.GetPixel(x, y).Red < 100));

        static void Red(int expected, SKColor pixel) => Assert.InRange(pixel.Red, expected - 1, expected + 1);
    }

    [Fact]
    public void An_attack_that_changes_nothing_can_be_drawn()
    {
        float[] image = [0.2f, 0.4f, 0.6f, 0.8f];
        var found = new AdversarialExampleSet([new AdversarialExample(5, 0, 0, 0.9, 0, 0.9, image, image)], "idle", [Made.Hostile, "dog"], 2, 2);
        Assert.NotEmpty(ExampleSheet.Render(found).Png);
    }

    [Fact]
    public void Every_letter_has_its_own_shape()
    {
        var shapes = Enumerable.Range(' ', '~' - ' ' + 1).Select(c => string.Join(' ', DotFont.GetDots($"{(char)c}"))).ToList();
        Assert.Equal(shapes.Count, shapes.Distinct().Count());
        Assert.All(Enumerable.Range('!', '~' - '!' + 1), c => Assert.NotEmpty(DotFont.GetDots($"{(char)c}")));
        Assert.Equal(DotFont.GetDots("???"), DotFont.GetDots("é犬🐕"));
        Assert.All(DotFont.GetDots("gjpqy|"), dot => Assert.InRange(dot.Y, 0, DotFont.Height - 1));
    }
}
