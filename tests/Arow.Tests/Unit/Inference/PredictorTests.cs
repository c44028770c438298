using Arow.Classes;
using Arow.Export;
using Arow.Inference;
using Arow.Onnx;
using SkiaSharp;
using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Inference;

/// <summary>Predictions are those of an evaluation of the same images, from whatever form a picture comes in.</summary>
public sealed class PredictorTests : IDisposable
{
    private const int Size = 8;

    private static readonly string[] Names = ["cat", "dog", "ship"];

    private readonly MadeFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>
    /// Exact size, brought to it by resizing a folder, and brought to it on the way in: the pixels that the network sees are the same.
    /// </summary>
    [Theory, InlineData(3), InlineData(1)]
    public void Predictions_are_the_clean_predictions_of_an_evaluation(int channels)
    {
        using var scope = NewDisposeScope();
        using var network = Save(channels);
        var random = new Random(1);
        for (var i = 0; i < 30; i++)
            folder.Write($"photographs/test/{Names[i % 3]}/{i:00}.{(i % 2 == 0 ? "jpg" : "png")}",
                Photograph(random, 9 + random.Next(30), 9 + random.Next(30), channels == 1, i % 2 == 0));
        new ImageResizer(Size, Size).Run(folder["photographs"], folder["resized"]);
        using var images = new ImageFolder().Load(Split.Test, folder["resized"]);
        Assert.Equal(channels, images.Channels);
        using var frozen = no_grad();
        var z = network.ForEvaluation()(ImageSet.ToPixels(images.Images));
        var (expected, confidences) = (Longs(z.argmax(1)), F.softmax(z, 1).amax([1]).data<float>().ToArray());
        Assert.True(expected.Distinct().Count() > 1);

        using var predictor = Predictor.Open(folder["weights"], new PredictorOptions { BatchSize = 7 });
        foreach (var (place, resized) in new[] { ("resized", false), ("photographs", true) })
        {
            using var files = new PictureFiles([folder[place]]);
            var predictions = predictor.Predict(files.Enumerate()).ToList();
            Assert.Equal(expected, predictions.Select(p => (long)p.Prediction!.Index));
            // Sums of a batch of another size may be rounded otherwise.
            for (var i = 0; i < confidences.Length; i++) Assert.Equal(confidences[i], predictions[i].Prediction!.Confidence, 1e-5);
            Assert.All(predictions, p => Assert.Equal((Names[p.Prediction!.Index], resized), (p.Prediction.Class, p.Prediction.Resized)));
        }
    }

    [Fact]
    public void A_stop_ends_the_decoding_of_a_batch()
    {
        using var network = Save(3);
        var bytes = Photograph(new Random(2), 20, 30, grey: false, jpeg: true);
        using var predictor = Predictor.Open(folder["weights"], new PredictorOptions { BatchSize = 1000 });
        using var stop = new CancellationTokenSource();
        var read = 0;
        var pictures = Enumerable.Range(0, 1000).Select(i => ($"{i}", (Func<byte[]>)Read));
        Assert.ThrowsAny<OperationCanceledException>(() => predictor.Predict(pictures, stop.Token).Count());
        Assert.InRange(read, 1, 8);

        byte[] Read()
        {
            Interlocked.Increment(ref read);
            stop.Cancel();
            return bytes;
        }
    }

    [Fact]
    public void A_picture_is_the_same_as_path_bytes_and_stream_and_among_others()
    {
        using var network = Save(3);
        var bytes = Photograph(new Random(2), 20, 30, grey: false, jpeg: true);
        var path = folder.Write("one.jpg", bytes);
        using var predictor = Predictor.Open(folder["weights"]);
        var prediction = predictor.Predict(path);
        using var stream = new MemoryStream(bytes);
        foreach (var other in new[] { predictor.Predict(bytes), predictor.Predict(stream), predictor.Predict([path, path]).Last().Prediction! })
            Assert.Equal((prediction.Class, prediction.Resized), (other.Class, other.Resized));
        Assert.Equal(Names.Order(), prediction.Top.Select(t => t.Class).Order());
        Assert.Equal(prediction.Top.OrderByDescending(t => t.Confidence), prediction.Top);
        Assert.Equal(1, prediction.Top.Sum(t => t.Confidence), 1e-6);
        Assert.Matches(@"^(cat|dog|ship) \d+\.\d %$", prediction.ToString());
    }

    /// <summary>Whichever way a camera was held, the picture is upright.</summary>
    [Fact]
    public void A_photograph_is_turned_upright()
    {
        using var network = Save(3);
        using var picture = new SKBitmap(new SKImageInfo(40, 24, SKColorType.Rgba8888, SKAlphaType.Opaque));
        picture.Erase(SKColors.White);
        for (var x = 0; x < 20; x++) picture.SetPixel(x, 3, SKColors.Black);
        using var encoded = picture.Encode(SKEncodedImageFormat.Jpeg, 100);
        var jpeg = encoded.ToArray();
        var input = new InputShape(3, Size, Size);
        var upright = PictureInput.Decode(jpeg, input).Pixels;
        Assert.Equal(upright, PictureInput.Decode(Oriented(jpeg, 1), input).Pixels);
        Assert.NotEqual(upright[..Size], upright[^Size..]);
        // TIFF 6.0: where the first row and the first column of the file are in the picture.
        (int Orientation, Func<int, int, (int X, int Y)> Source)[] turns =
        [
            (2, (x, y) => (7 - x, y)), (3, (x, y) => (7 - x, 7 - y)), (4, (x, y) => (x, 7 - y)), (5, (x, y) => (y, x)),
            (6, (x, y) => (y, 7 - x)), (7, (x, y) => (7 - y, 7 - x)), (8, (x, y) => (7 - y, x)),
        ];
        foreach (var (orientation, source) in turns)
        {
            var turned = PictureInput.Decode(Oriented(jpeg, (byte)orientation), input).Pixels;
            for (var i = 0; i < Size * Size; i++)
            {
                var (x, y) = source(i % Size, i / Size);
                // Means are rounded on another way.
                Assert.InRange(turned[i], upright[y * Size + x] - 1, upright[y * Size + x] + 1);
            }
        }
    }

    [Fact]
    public void Grey_pictures_are_repeated_for_colour_and_colour_becomes_luma_for_grey()
    {
        var (grey, red) = (Painted(new SKColor(90, 90, 90), grey: true), Painted(new SKColor(255, 0, 0)));
        Assert.All(PictureInput.Decode(grey, new InputShape(3, Size, Size)).Pixels, p => Assert.Equal(90, p));
        // 0.299 · 255, ITU-R BT.601.
        Assert.All(PictureInput.Decode(red, new InputShape(1, Size, Size)).Pixels, p => Assert.Equal(76, p));
        Assert.All(PictureInput.Decode(Painted(new SKColor(7, 7, 7)), new InputShape(1, Size, Size)).Pixels, p => Assert.Equal(7, p));
    }

    [Fact]
    public void A_damaged_picture_is_an_error_in_its_place()
    {
        using var network = Save(3);
        var good = folder.Write("good.png", Painted(SKColors.Red));
        var cut = folder.Write("cut.png", Photograph(new Random(3), Size, Size, grey: false, jpeg: false)[..90]);
        var text = folder.Write("text.png", "no picture"u8.ToArray());
        using var predictor = Predictor.Open(folder["weights"]);
        var predictions = predictor.Predict([good, cut, text, folder["gone.png"], good]).ToList();
        Assert.Equal([true, false, false, false, true], predictions.Select(p => p.Prediction is not null));
        Assert.Equal(
            [null, $"{cut}: is damaged or truncated", $"{text}: is damaged or no picture (PNG, JPEG, WebP, BMP, GIF and TIFF are read)",
                $"{folder["gone.png"]}: cannot be read: it does not exist", null],
            predictions.Select(p => p.Error));
        Assert.Equal(predictions[1].Error, Assert.Throws<InputException>(() => predictor.Predict(cut)).Message);
        Assert.Equal(predictions[3].Error, Assert.Throws<InputException>(() => predictor.Predict(folder["gone.png"])).Message);
    }

    /// <summary>Both orders of channels and of elements, bytes and fractions; labels are not looked at.</summary>
    [Theory, InlineData(false, false, "|u1"), InlineData(true, false, "|u1"), InlineData(true, true, "|u1"), InlineData(false, false, "<f4")]
    public void Arrays_of_images_are_classified_one_after_the_other(bool channelsLast, bool fortran, string type)
    {
        const int Count = 9;
        using var scope = NewDisposeScope();
        using var network = Save(3);
        var bytes = new byte[Count * 3 * Size * Size];
        new Random(7).NextBytes(bytes);
        using var images = tensor(bytes).reshape(Count, 3, Size, Size);
        using var frozen = no_grad();
        var expected = Longs(network.ForEvaluation()(ImageSet.ToPixels(images)).argmax(1));
        var stored = channelsLast ? images.permute(0, 2, 3, 1) : images;
        var inOrder = fortran ? stored.permute(3, 2, 1, 0) : stored;
        var content = type == "|u1" ? Bytes(inOrder) : [.. Bytes(inOrder).SelectMany(b => BitConverter.GetBytes(b / 255f))];
        var path = folder.Write("set.npz",
            NpzWriter.Write(("x_train", "|u1", [0], [], false), ("x_test", type, stored.shape, content, fortran), ("y_test", "|O", [1], [1], false)));

        var said = new List<string>();
        using var predictor = Predictor.Open(folder["weights"], new PredictorOptions { BatchSize = 4 });
        using var files = new PictureFiles([path]) { OnWarning = said.Add };
        var predictions = predictor.Predict(files.Enumerate()).ToList();
        Assert.Equal([.. Enumerable.Range(0, Count).Select(i => $"{path}#{i}")], predictions.Select(p => p.Name));
        Assert.Equal(expected, predictions.Select(p => (long)p.Prediction!.Index));
        Assert.Equal(type == "|u1" ? 1 : 2, said.Count);
        Assert.Equal($"{path}: x_test is read, and not x_train", said[0]);
    }

    [Fact]
    public void A_damaged_array_is_an_error_in_its_place()
    {
        using var network = Save(3);
        var good = folder.Write("good.png", Painted(SKColors.Red));
        var whole = NpzWriter.Write(("x", "|u1", [2, Size, Size, 3], new byte[2 * 3 * Size * Size]));
        var cut = folder.Write("cut.npz", whole[..^30]);
        var labels = folder.Write("labels.npz", NpzWriter.Write(("y", "|u1", [2], [0, 1])));
        var none = folder.Write("none.npz", NpzWriter.Write(("x", "|u1", [0, Size, Size, 3], [])));
        using var predictor = Predictor.Open(folder["weights"]);
        // Alone beside labels, an array needs no name that is known.
        var other = folder.Write("other.npz", NpzWriter.Write(("holiday", "|u1", [1, Size, Size], new byte[Size * Size]), ("y", "|u1", [1], [0])));
        using var files = new PictureFiles([good, cut, labels, none, folder.Write("a.npz", whole), other, good]);
        var predictions = predictor.Predict(files.Enumerate()).ToList();
        Assert.Equal([good, cut, labels, none, $"{folder["a.npz"]}#0", $"{folder["a.npz"]}#1", $"{other}#0", good], predictions.Select(p => p.Name));
        Assert.Equal([true, false, false, false, true, true, true, true], predictions.Select(p => p.Prediction is not null));
        Assert.StartsWith($"{cut}: is truncated", predictions[1].Error);
        Assert.StartsWith($"{labels}: has no array named image", predictions[2].Error);
        Assert.Equal($"{none}: x is [0, 8, 8, 3]: it has no images", predictions[3].Error);
    }

    [Fact]
    public void An_attack_says_what_it_found_whatever_else_is_in_the_batch()
    {
        using var network = Save(3);
        var random = new Random(4);
        string[] paths = [.. Enumerable.Range(0, 6).Select(i => folder.Write($"{i}.png", Photograph(random, Size, Size, grey: false, jpeg: false)))];
        AttackedPrediction[] Attacked(double epsilon, int batch)
        {
            using var predictor = Predictor.Open(folder["weights"],
                new PredictorOptions { AttackThreatModel = new ThreatModel(Norm.Linf, epsilon), BatchSize = batch });
            return [.. predictor.Predict(paths).Select(p => p.Prediction!.Attacked!)];
        }
        // An untrained network in a ball that holds every image, and one of no size.
        Assert.All(Attacked(1, 6), a => Assert.NotNull(a.Found));
        Assert.All(Attacked(0, 6), a => Assert.Null(a.Found));
        Assert.Equal(Attacked(1, 6), Attacked(1, 4));
        Assert.Equal(("pgd20-margin", "linf", 1.0), (Attacked(1, 6)[0].Attack, Attacked(1, 6)[0].Norm, Attacked(1, 6)[0].Epsilon));
    }

    [Fact]
    public void Threads_get_what_one_alone_gets()
    {
        using var network = Save(3);
        var random = new Random(5);
        byte[][] pictures = [.. Enumerable.Range(0, 8).Select(_ => Photograph(random, 11, 13, grey: false, jpeg: true))];
        using var predictor = Predictor.Open(folder["weights"]);
        var alone = pictures.Select(p => predictor.Predict(p).ToString()).ToArray();
        var together = new string[80];
        Parallel.For(0, together.Length, i => together[i] = predictor.Predict(pictures[i % 8]).ToString());
        Assert.Equal([.. Enumerable.Range(0, 80).Select(i => alone[i % 8])], together);
    }

    [Fact]
    public void A_disposed_predictor_says_so_also_to_threads_that_are_using_it()
    {
        using var network = Save(3);
        var picture = Photograph(new Random(5), 11, 13, grey: false, jpeg: true);
        var predictor = Predictor.Open(folder["weights"]);
        using var under = new CountdownEvent(4);
        Task[] users = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            predictor.Predict(picture);
            under.Signal();
            for (;;) predictor.Predict(picture);
        }))];
        under.Wait();
        predictor.Dispose();
        predictor.Dispose();
        foreach (var user in users)
        {
            var fault = Assert.IsType<ObjectDisposedException>(Assert.Throws<AggregateException>(user.Wait).InnerException);
            Assert.Equal(typeof(Predictor).FullName, fault.ObjectName);
        }
        Assert.Throws<ObjectDisposedException>(() => predictor.Predict(picture));
        Assert.Throws<ObjectDisposedException>(() => predictor.Attack(picture, Pgd.Standard(new ThreatModel(Norm.Linf, 0.1), steps: 1)));
    }

    [Fact]
    public void Nothing_is_no_picture()
    {
        using var network = Save(3);
        using var predictor = Predictor.Open(folder["weights"]);
        foreach (var act in (Action[])[() => Predictor.Open(null!), () => predictor.Predict((string)null!), () => predictor.Predict((byte[])null!),
            () => predictor.Predict((Stream)null!), () => predictor.Predict((IEnumerable<string>)null!),
            () => predictor.Attack(null!, Pgd.Standard(new ThreatModel(Norm.Linf, 0.1), steps: 1))])
            Assert.Throws<ArgumentNullException>(act);
    }

    [Fact]
    public void Results_are_told_in_words()
    {
        var (cat, dog) = (new Prediction([new("cat", 0, 0.873)]), new Prediction([new("dog", 1, 0.5119)]));
        Assert.Equal("a.jpg: cat 87.3 %", new NamedPrediction("a.jpg", cat, null).ToString());
        Assert.Equal("a.jpg: is empty", new NamedPrediction("a.jpg", null, "a.jpg: is empty").ToString());
        Assert.Equal("cat 87.3 %; attacked: dog 51.2 %", new AttackedPicture(cat, dog, [], [], 0).ToString());
        Assert.Equal("fgsm, linf 0.0314: dog", new AttackedPrediction("fgsm", "linf", 8 / 255.0, "dog").ToString());
        Assert.Equal("fgsm, l2 1: no other class was found", new AttackedPrediction("fgsm", "l2", 1, null).ToString());
    }

    [Fact]
    public void What_a_model_does_not_say_is_asked_for()
    {
        using var network = Save(3);
        Assert.EndsWith("is neither a run folder with weights nor a model file",
            Assert.Throws<InputException>(() => Predictor.Open(folder["nothing"])).Message);
        Safetensors.Write(folder["bare"], network.State, new Dictionary<string, string>());
        Assert.EndsWith("does not contain its image shape (channels, height, width); give Input",
            Assert.Throws<InputException>(() => Predictor.Open(folder["bare"])).Message);
        var told = new PredictorOptions { Architecture = "tiny-cnn", Input = new InputShape(3, Size, Size) };
        Assert.Contains("does not contain its number of classes", Assert.Throws<InputException>(() => Predictor.Open(folder["bare"], told)).Message);
        using var predictor = Predictor.Open(folder["bare"], told with { ClassCount = 3 });
        Assert.Equal((false, "0 1 2"), (predictor.AreClassesNamed, string.Join(' ', predictor.Classes)));
        using var named = Predictor.Open(folder["bare"], told with { ClassNames = Names });
        Assert.Equal(Names, named.Classes);
    }

    /// <summary>An exported file says itself which images it takes, what they are, and whether training turned them upright.</summary>
    [Theory, InlineData(3), InlineData(1)]
    public void An_ONNX_file_predicts_what_its_network_does_without_being_described(int channels)
    {
        using var network = Save(channels);
        var notes = new Dictionary<string, string> { [ModelMetadata.ImageResizingKey] = ResizedPictures.Method };
        NetworkFile.Save(folder["weights"], network, notes, Names);
        OnnxExport.Write(folder["model.onnx"], network, new OnnxExportOptions { ClassNames = Names, Metadata = notes });
        using var native = Predictor.Open(folder["weights"]);
        using var exported = Predictor.Open(folder["model.onnx"], new PredictorOptions
        {
            Open = source => ModelFile.Open(source with { OpenOnnx = OnnxModel.Open }),
        });
        Assert.Equal((native.Input, true), (exported.Input, exported.AreClassesNamed));
        var random = new Random(8);
        foreach (var (width, height) in ((int, int)[])[(Size, Size), (11, 17)])
        {
            var picture = Oriented(Photograph(random, width, height, grey: false, jpeg: true), 6);
            var (a, b) = (native.Predict(picture), exported.Predict(picture));
            Assert.Equal((a.Class, a.Resized), (b.Class, b.Resized));
            Assert.Equal(a.Confidence, b.Confidence, 1e-5);
        }
        // Files of others say less: names are asked for, and an input that is given is taken.
        var bytes = File.ReadAllBytes(folder["model.onnx"]);
        Assert.Equal(native.Input, OnnxNotes.Read(folder["model.onnx"], []).Input);
        Assert.Empty(OnnxNotes.Read(folder["model.onnx"], []).Metadata);
        for (var cut = 0; cut < 200; cut++)
        {
            var damaged = bytes[..random.Next(1, bytes.Length)];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            _ = OnnxNotes.Read(folder.Write("damaged.onnx", damaged), [ClassNames.MetadataKey]);
        }
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        using var network = Save(3);
        var bytes = Photograph(new Random(6), 20, 20, grey: false, jpeg: true);
        using var predictor = Predictor.Open(folder["weights"], new PredictorOptions { AttackThreatModel = new ThreatModel(Norm.Linf, 0.1) });
        LiveTensors.AssertNoneLeft(() => predictor.Predict(bytes));
    }

    /// <summary>A network that has learnt nothing but tells pictures apart.</summary>
    [Fact]
    public void An_attack_of_any_kind_stays_in_its_ball_and_can_be_cancelled()
    {
        using var network = Save(3);
        var bytes = Photograph(new Random(6), 20, 30, grey: false, jpeg: true);
        using var predictor = Predictor.Open(folder["weights"]);
        var attack = Pgd.Standard(new ThreatModel(Norm.Linf, 0.2), 5);
        var result = predictor.Attack(bytes, attack);
        Assert.Equal(predictor.Predict(bytes).Top, result.Original.Top);
        Assert.Equal(result.AdversarialPixels.Zip(result.Pixels, (a, x) => Math.Abs(a - (double)x)).Max(), result.Distance, 1e-6);
        Assert.InRange(result.Distance, 0.01, 0.2 + 1e-6);
        Assert.Equal(result.Adversarial.Index == result.Original.Index ? null : result.Adversarial.Class, result.Original.Attacked!.Found);
        Assert.Throws<OperationCanceledException>(() => predictor.Attack(bytes, attack, new CancellationToken(canceled: true)));

        using var scores = Predictor.Open(folder["weights"], new PredictorOptions
        {
            Open = source =>
            {
                var model = ModelFile.Open(source);
                return new LoadedModel(model.Classifier, model) { Name = model.Name, Access = Access.Scores };
            },
        });
        Assert.Contains("needs Gradients", Assert.Throws<ArgumentException>(() => scores.Attack(bytes, attack)).Message);
    }

    /// <summary>A model that fails for some pictures, here those without a black pixel, answers for the others.</summary>
    [Fact]
    public void Logits_that_are_not_finite_are_an_error_of_their_picture()
    {
        using var network = Save(1);
        using var predictor = Predictor.Open(folder["weights"], new PredictorOptions
        {
            AttackThreatModel = new ThreatModel(Norm.Linf, 0.1),
            Open = source =>
            {
                var model = ModelFile.Open(source);
                return new LoadedModel(x => model.Classifier(x) / (x.amin([1, 2, 3]) < 0.5).to_type(ScalarType.Float32).unsqueeze(1), model)
                {
                    Name = model.Name,
                };
            },
        });
        var (good, bad) = (Plain(SKColors.Black), Plain(SKColors.White));
        var named = predictor.Predict([("a", () => good), ("b", () => bad), ("c", () => good)]).ToList();
        Assert.Equal([null, "b: gets logits that are not finite from the model", null], named.Select(n => n.Error));
        Assert.Equal([true, false, true], named.Select(n => n.Prediction is { } p && double.IsFinite(p.Confidence)));
        Assert.Contains("not finite", Assert.Throws<InputException>(() => predictor.Predict(bad)).Message);
        Assert.Contains("not finite", Assert.Throws<InputException>(
            () => predictor.Attack(bad, Pgd.Standard(ThreatModel.Default, 2))).Message);

        static byte[] Plain(SKColor colour)
        {
            using var picture = new SKBitmap(Size, Size);
            picture.Erase(colour);
            using var encoded = picture.Encode(SKEncodedImageFormat.Png, 90);
            return encoded.ToArray();
        }
    }

    private Network Save(int channels)
    {
        var network = Network.Create("tiny-cnn", new InputShape(channels, Size, Size), 3,
            new Normalization([.. Enumerable.Repeat(0.5, channels)], [.. Enumerable.Repeat(0.03, channels)]), seed: 3);
        NetworkFile.Save(folder["weights"], network, new Dictionary<string, string>(), Names);
        return network;
    }

    private static byte[] Photograph(Random random, int width, int height, bool grey, bool jpeg)
    {
        using var picture = new SKBitmap(new SKImageInfo(width, height, grey ? SKColorType.Gray8 : SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (r, g, b) = ((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256));
                picture.SetPixel(x, y, grey ? new SKColor(r, r, r) : new SKColor(r, g, b));
            }
        }
        using var encoded = picture.Encode(jpeg ? SKEncodedImageFormat.Jpeg : SKEncodedImageFormat.Png, 90);
        return encoded.ToArray();
    }
}
