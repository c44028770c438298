using System.Text.Json.Nodes;
using Arow.Inference;
using SkiaSharp;

namespace Arow.Tests.Unit.Cli;

/// <summary>Photographs of any sizes, resized while they are read: training, evaluation and prediction see the same pixels.</summary>
public sealed class ResizedRunTests : IDisposable
{
    private const string Size = "12x8";

    private readonly MadeFolder folder = new();
    private readonly string? previous = Environment.GetEnvironmentVariable(ResizedPictures.FolderVariable);

    public ResizedRunTests() => Environment.SetEnvironmentVariable(ResizedPictures.FolderVariable, folder["cache"]);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(ResizedPictures.FolderVariable, previous);
        folder.Dispose();
    }

    [Fact]
    public void Evaluations_of_photographs_and_of_a_resized_folder_and_predictions_are_equal_image_for_image()
    {
        var random = new Random(1);
        // Names that resizing orders anew: a.m.jpg stands before a.png, a.m.png behind it; one size of all is the size itself.
        foreach (var name in (string[])["cat", "dog"])
        {
            for (var i = 0; i < 12; i++)
            {
                var jpeg = i % 3 > 0;
                var (width, height) = i == 1 ? (12, 8) : (9 + random.Next(30), 9 + random.Next(30));
                var bytes = Photograph(random, width, height, jpeg);
                folder.Write($"photographs/{name}/a{(i % 2 == 0 ? "" : $".{(char)('m' + i)}")}{i / 2}.{(jpeg ? "jpg" : "png")}",
                    jpeg && i % 4 == 1 ? MadeFolder.Oriented(bytes, 3) : bytes);
            }
        }
        new ImageResizer(12, 8).Run(folder["photographs"], folder["resized"]);
        Assert.Equal(0, Arow("train", "--dataset", "folder", "--data-dir", folder["photographs"], "--image-size", Size, "--model", "tiny-cnn",
            "--objective", "standard", "--epochs", "1", "--batch-size", "6", "--normalize", "--gap-images", "0", "--threads", "1",
            "--test-attack", "clean", "--output", folder["run"]).Code);
        var weights = folder["run/weights.safetensors"];
        var rows = new[]
        {
            Rows(folder["run"], "a"), Rows(folder["run"], "b", "--data-dir", folder["resized"]),
            Rows(weights, "c", "--dataset", "folder", "--data-dir", folder["photographs"]),
            Rows(weights, "d", "--dataset", "folder", "--data-dir", folder["resized"], "--image-size", Size),
        };
        Assert.All(rows, other => Assert.Equal(rows[0], other));

        var set = new ImageFolder { Size = new ImageSize(12, 8), CacheFolder = null };
        using var images = set.Load(Split.Test, folder["photographs"]);
        using var predictor = Predictor.Open(folder["run"]);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var expected = MadeFolder.Longs(predictor.Classifier(ImageSet.ToPixels(images.Images)).argmax(1));
        var predictions = predictor.Predict(images.Origin!.Names.Select(name => Path.Combine(folder["photographs"], name)));
        Assert.Equal(expected, predictions.Select(p => (long)p.Prediction!.Index));
    }

    /// <summary>README's lines on a smaller scale: photographs of three classes, of which colour and brightness tell little.</summary>
    [Fact]
    public void A_folder_of_photographs_becomes_a_useful_classifier_without_any_setting()
    {
        var random = new Random(2);
        for (var i = 0; i < 120; i++)
            folder.Write($"photographs/{"abc"[i % 3]}/{i}.jpg", Striped(random, 20 + random.Next(30), 20 + random.Next(30), i % 3));
        var ended = Arow("train", "--dataset", "folder", "--data-dir", folder["photographs"], "--image-size", "16", "--model", "tiny-cnn",
            "--epochs", "15", "--threads", "2", "--output", folder["run"], "--json");
        Assert.True(ended.Code == 0, ended.Faults);
        Assert.Contains("--batch-size 32 --lr 0.1 --schedule cyclic", ended.Faults);
        var result = JsonNode.Parse(ended.Output.TrimEnd().Split('\n')[^1])!;
        Assert.InRange((double)result["clean_accuracy"]!, 0.75, 1);
        Assert.DoesNotContain("has not learnt", ended.Faults);
        // The values are kept: what is resumed is the same, whatever defaults become.
        Assert.Equal((32, "cyclic", 0.1), (Written("batch-size").GetValue<int>(), Written("schedule").GetValue<string>(), Written("lr").GetValue<double>()));

        JsonNode Written(string name) => JsonNode.Parse(File.ReadAllText(folder["run/run.json"]))![name]!;
    }

    [Fact]
    public void What_was_not_learnt_is_told()
    {
        var random = new Random(2);
        for (var i = 0; i < 60; i++) folder.Write($"photographs/{"abc"[i % 3]}/{i}.png", Photograph(random, 9, 9, jpeg: false));
        var ended = Arow("train", "--dataset", "folder", "--data-dir", folder["photographs"], "--image-size", "8", "--model", "tiny-cnn",
            "--epochs", "1", "--lr", "1e-6", "--threads", "1", "--output", folder["run"]);
        Assert.Contains("2 steps are too few to learn much (epochs 1, 44 images, batch-size 32): try --batch-size 32 --epochs 150", ended.Faults);
        Assert.Contains("the model has not learnt", ended.Faults);
        Assert.Contains("The model has not learnt", File.ReadAllText(folder["run/report.md"]));
        Assert.Contains("\"check\":\"not-learnt\"", File.ReadAllText(folder["run/evaluation/summary.json"]).Replace(": ", ":"));
        // To a model of another time or place, nothing is said of learning.
        Assert.Equal(0, Arow("evaluate", folder["run"], "--attack", "clean", "--output", folder["again"]).Code);
        Assert.DoesNotContain("not-learnt", File.ReadAllText(folder["again/summary.json"]));
    }

    [Fact]
    public void What_was_resized_once_is_read_from_the_cache_and_damage_there_is_mended()
    {
        folder.Write("photographs/train/cat/a.png", MadeFolder.Painted(SKColors.Red, 30, 20));
        folder.Write("photographs/train/dog/a.png", MadeFolder.Painted(SKColors.Blue, 20, 30));
        var set = new ImageFolder { Size = new ImageSize(4, 4), CacheFolder = folder["kept"] };
        using var first = set.Load(Split.Train, folder["photographs"]);
        var kept = Directory.GetFiles(folder["kept"], "*", SearchOption.AllDirectories);
        Assert.All(kept, file => Assert.EndsWith(".png", file));
        Assert.Equal(2, kept.Length);
        // What is kept is taken: a white picture in place of a red one.
        foreach (var file in kept) File.WriteAllBytes(file, MadeFolder.Painted(SKColors.White, 4, 4));
        using var second = set.Load(Split.Train, folder["photographs"]);
        Assert.True((second.Images == 255).all().item<bool>());
        // What the disk lost a part of is made anew.
        foreach (var file in kept) File.WriteAllBytes(file, File.ReadAllBytes(file)[..40]);
        using var third = set.Load(Split.Train, folder["photographs"]);
        Assert.True(first.Images.equal(third.Images).all().item<bool>());
        Assert.Contains($"the images were resized to 4x4, upright and cut around the middle; the results are kept in {folder["kept"]}",
            third.Origin!.Remarks);
    }

    [Fact]
    public void A_cache_that_cannot_be_written_costs_nothing_but_time()
    {
        folder.Write("photographs/train/cat/a.png", MadeFolder.Painted(SKColors.Red, 30, 20));
        folder.Write("photographs/train/dog/a.png", MadeFolder.Painted(SKColors.Blue, 20, 30));
        folder.Write("file", [1]);
        using var images = new ImageFolder { Size = new ImageSize(4, 4), CacheFolder = folder["file"] }.Load(Split.Train, folder["photographs"]);
        Assert.Equal(2, images.Count);
        // A full disk would keep what was begun: nothing is left where the result cannot take its place.
        var set = new ImageFolder { Size = new ImageSize(4, 4), CacheFolder = folder["kept"] };
        set.Load(Split.Train, folder["photographs"]).Dispose();
        foreach (var file in Directory.GetFiles(folder["kept"], "*", SearchOption.AllDirectories))
        {
            File.Delete(file);
            Directory.CreateDirectory(file);
        }
        set.Load(Split.Train, folder["photographs"]).Dispose();
        Assert.Empty(Directory.GetFiles(folder["kept"], "*", SearchOption.AllDirectories));
        Assert.Contains(images.Origin!.Remarks, remark =>
            remark.Contains($"; the results cannot be kept in {folder["file"]}: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("glyphs", "8", "image-size 8x8: the images of glyphs have one size; only those of 'folder' are resized")]
    [InlineData("folder", "0", "image-size '0' is not a size in pixels such as 64 or 64x48, at most 4096")]
    [InlineData("folder", "4x", "image-size '4x' is not a size in pixels such as 64 or 64x48, at most 4096")]
    public void A_size_that_means_nothing_is_refused(string dataset, string size, string fault)
    {
        var ended = Arow("train", "--dataset", dataset, "--image-size", size, "--output", folder["run"]);
        Assert.Equal(2, ended.Code);
        Assert.Contains(fault, ended.Faults);
    }

    [Fact]
    public void Damaged_photographs_are_named()
    {
        var png = MadeFolder.Painted(SKColors.Red, 300, 200);
        folder.Write("photographs/train/cat/a.png", png);
        folder.Write("photographs/train/dog/b.jpg", png[..60]);
        Assert.Equal($"{folder["photographs/train/dog/b.jpg"]}: is damaged or truncated; SkipDamaged leaves out damaged images",
            MadeFolder.Fault(new ImageFolder { Size = new ImageSize(4, 4), CacheFolder = null }, folder["photographs"]));
    }

    private string Rows(string model, string output, params string[] more)
    {
        Assert.Equal("", Arow(["evaluate", model, "--attack", "clean", "--threads", "1", "--output", folder[output], .. more]).Faults);
        // Without the names of the files, which resizing changes.
        return string.Join('\n', File.ReadLines(folder[$"{output}/rows.tsv"]).Select(line => string.Join('\t', line.Split('\t')[..10])));
    }

    private Ended Arow(params string[] words) => Ended.Of(folder.Root, words);

    /// <summary>Stripes of one of three directions, of any colours, with noise.</summary>
    private static byte[] Striped(Random random, int width, int height, int direction)
    {
        using var picture = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var (period, phase, side) = (0.2 + 0.1 * random.NextDouble(), 6 * random.NextDouble(), Math.Min(width, height));
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var along = (direction == 0 ? x : direction == 1 ? y : (x + y) / Math.Sqrt(2)) / side;
                var value = (Math.Sin(2 * Math.PI * along / period + phase) > 0 ? 200 : 60) + random.Next(-40, 40);
                picture.SetPixel(x, y, new SKColor((byte)value, (byte)(value * 0.8), (byte)(value * 0.6)));
            }
        }
        using var encoded = picture.Encode(SKEncodedImageFormat.Jpeg, 90);
        return encoded.ToArray();
    }

    private static byte[] Photograph(Random random, int width, int height, bool jpeg)
    {
        using var picture = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
                picture.SetPixel(x, y, new SKColor((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256)));
        }
        using var encoded = picture.Encode(jpeg ? SKEncodedImageFormat.Jpeg : SKEncodedImageFormat.Png, 90);
        return encoded.ToArray();
    }
}
