using System.Text;
using System.Text.Json;
using Arow.Checkpoints;
using Arow.Cli;
using Arow.Cli.Serving;
using Arow.Faults.Files;
using Arow.Inference;
using Arow.Models;
using Arow.Onnx;
using Microsoft.AspNetCore.Http;
using SkiaSharp;

namespace Arow.Faults.Readers;

/// <summary>Models of every make, opened as <c>arow evaluate</c> opens them: what native libraries read, another process reads first.</summary>
internal sealed class ModelReaders : IDisposable
{
    private static readonly (InputShape Shape, int Classes) State = (MadeNetwork.Images, MadeNetwork.Classes), Script = (new InputShape(3, 9, 7), 5);

    private static readonly TimeLimit Opening = new(Processor: TimeSpan.FromSeconds(20), Clock: TimeSpan.FromMinutes(5));

    /// <summary>What torch.export writes, which is refused.</summary>
    private static readonly List<(string Name, byte[] Content)> Exported =
    [
        ("model/archive_format", "pt2"u8.ToArray()), ("model/archive_version", "0"u8.ToArray()), ("model/byteorder", "little"u8.ToArray()),
        ("model/models/model.json", """{"graph_module": {"graph": {"nodes": []}}, "schema_version": {"major": 8}}"""u8.ToArray()),
        ("model/data/weights/weight_0", new byte[64]), ("model/version", "3\n"u8.ToArray()),
    ];

    private readonly TemporaryFolder folder = new();
    private readonly TrialProcess trial;
    private readonly List<(string Name, byte[] Content)>[] archives, scripts;
    private readonly byte[][] legacy, safetensors, onnx;
    private readonly byte[] torchSharp;
    private readonly byte[][] arrays;
    private readonly (string Name, byte[] Content)[] shards;
    private readonly List<(string Key, long[] Shape)> tensors;

    public ModelReaders()
    {
        trial = new TrialProcess(BuiltProgram.Trial(folder.Path), Opening);
        using var scope = NewDisposeScope();
        using var network = MadeNetwork.Create();
        var state = MadeNetwork.State(network);
        tensors = [.. network.State.Select(s => (s.Key, s.Value.shape))];
        var whole = new Dictionary<string, object?>
        {
            ["epoch"] = 3, ["best"] = 0.5, ["state_dict"] = MadeNetwork.State(network, "module."),
            ["optimizer"] = new Dictionary<string, object?> { ["state"] = new List<object?> { 1, "two", null, true } },
            ["args"] = new MadeObject("argparse", "Namespace") { State = new Dictionary<string, object?> { ["lr"] = 0.1, ["net"] = MadeNetwork.State(network) } },
            ["scheduler"] = new Called("collections", "Counter", [new Dictionary<string, object?> { ["a"] = 1 }]),
        };
        var numbers = network.State.ToDictionary(s => s.Key, s => (object?)NumpyPickle.Array(s.Value));
        arrays = [TorchWriter.Pickle(numbers), Fixture("numpy-protocol2.pkl"), Fixture("numpy-protocol5.pkl"), Fixture("tensors-protocol4.pkl"), Fixture("numpy.npz")];
        archives = [TorchWriter.RecordsOf(state), TorchWriter.RecordsOf(whole), TorchWriter.RecordsOf(new List<object?> { 1, numbers }), Spoiler.Unpacked(Fixture("checkpoint.pth")),
            Spoiler.Unpacked(Fixture("checkpoint-protocol4.pth"))];
        scripts = [TorchScriptWriter.Records(TorchScriptWriter.Body("torch.mm(torch.flatten(x, 1), self.w)")),
            TorchScriptWriter.Records(
                TorchScriptWriter.Body("""{"a": x, "logits": torch.mm(torch.flatten(x, 1), self.w)}""", returns: "Dict[str, Tensor]")),
            Spoiler.Unpacked(Fixture("script.pt")),
            Spoiler.Unpacked(Fixture("traced.pt"))];
        legacy = [TorchWriter.Legacy(state), TorchWriter.Legacy(whole), Fixture("checkpoint-legacy.pth")];
        NetworkFile.Save(folder.File("ours"), network, new Dictionary<string, string> { ["note"] = "made" }, ["a", "b", "c"]);
        Safetensors.Write(folder.File("others"), network.State, new Dictionary<string, string>());
        safetensors = [File.ReadAllBytes(folder.File("ours")), File.ReadAllBytes(folder.File("others"))];
        network.Module.save(folder.File("saved"));
        torchSharp = File.ReadAllBytes(folder.File("saved"));
        var index = JsonSerializer.Serialize(new { weight_map = tensors.ToDictionary(t => t.Key, _ => "a.safetensors") });
        shards = [("model.json", Encoding.UTF8.GetBytes(index)), ("a.safetensors", safetensors[1])];
        var weights = Enumerable.Range(0, 64 * 3).Select(i => MathF.Sin(i)).ToArray();
        onnx =
        [
            OnnxWriter.Linear(weights, [0, 1, 8, 8], 3, metadata: new Dictionary<string, string> { ["mean"] = "0.5", ["std"] = "0.25" }),
            OnnxWriter.Linear(weights, [4, 8, 8, 1], 3, labels: true),
            OnnxWriter.Linear(weights, [0, 1, 8, 8], 3, external: "model"),
            OnnxWriter.Shaped(weights, [0, 1, 8, 8], 3),
        ];
        All =
        [
            new("pth", (s, at) => Opened(State, at, Zip(archives, s, at))) { Sources = ["ZipReader.cs", "ModelFile.cs"] },
            new("pt2", (s, at) => Opened(State, at, s.Damages ? Spoiler.Archive(Exported, s.Dice, Hostile(at)) : Zip(archives, s, at)))
            {
                Sources = ["ForeignFormat.cs"]
            },
            new("legacy pth", (s, at) => Opened(State, at, Legacy(s, at))) { Sources = ["LegacyTorchFile.cs"] },
            new("arrays of weights", (s, at) => Opened(State, at, Arrays(s, at))) { Sources = ["NumpyWeights.cs"] },
            new("safetensors", (s, at) => Opened(State, at, Header(s))) { Sources = ["Safetensors.cs"] },
            new("torchsharp", (s, at) => Opened(State, at, s.Bytes(torchSharp))) { Sources = ["TorchSharpFile.cs"] },
            new("sharded", Sharded) { Sources = ["ShardedFile.cs"] },
            new("torchscript", (s, at) => Opened(Script, at, Zip(scripts, s, at))),
            new("predicted pictures", Predicted) { Sources = ["PredictCommand.cs", "PictureFiles.cs", "Predictor.cs"] },
            new("served uploads", Served),
            new("onnx", (s, at) => Opened(State, at, Model(s))) { Sources = ["OnnxNotes.cs", "OnnxValidator.cs", "GraphReader.cs", "TensorReader.cs"] },
        ];
    }

    public IReadOnlyList<Reader> All { get; }

    /// <summary>Pictures, and the list that names them; one that is damaged is an answer of its own.</summary>
    private Action Predicted(Spoilage s, string at)
    {
        const int Count = 4, Side = 8;
        string[] names = [.. Enumerable.Range(0, Count).Select(i => $"{i}.png")];
        var spoilt = s.Dice.Next(Count + 1);
        foreach (var (i, name) in names.Index())
        {
            var picture = Pictures.Noise(Side + i, Side, SKEncodedImageFormat.Png, grey: i % 2 == 0);
            File.WriteAllBytes(Path.Combine(at, name), i == spoilt ? s.By(Pictures.Damaged, picture) : picture);
        }
        var list = Path.Combine(at, "list.txt");
        var text = Encoding.UTF8.GetBytes(string.Join('\n', names));
        File.WriteAllBytes(list, spoilt == Count ? s.Bytes(text) : text);
        return () =>
        {
            using var predictor = Predictor.Open(folder.File("ours"));
            // A damaged name must not lead out of the folder.
            using var files = new PictureFiles(PredictCommand.ReadPaths(list).Select(name => Path.Combine(at, name.Replace('/', '_'))));
            var faults = new List<string>();
            foreach (var named in predictor.Predict(files.Enumerate()))
            {
                if (named.Error is { } fault) faults.Add(fault);
                else _ = $"{named.Prediction}";
            }
            if (faults.Count > 0) throw new InputException(string.Join("; ", faults));
        };
    }

    /// <summary>A request to <c>arow serve</c>: a picture as it is or in a form, both damaged.</summary>
    private Action Served(Spoilage s, string at)
    {
        const int Side = 9;
        var random = s.Dice;
        var asForm = s.Once(2);
        var picture = Pictures.Noise(Side, Side, s.Once(2) ? SKEncodedImageFormat.Png : SKEncodedImageFormat.Jpeg);
        if (!asForm || s.Once(2)) picture = s.By(Pictures.Damaged, picture);
        const string Boundary = "boundary";
        byte[] form =
        [
            .. Encoding.UTF8.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; name=\"epsilon\"\r\n\r\n4/255\r\n--{Boundary}\r\n"
                + "Content-Disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"),
            .. picture, .. Encoding.UTF8.GetBytes($"\r\n--{Boundary}--\r\n"),
        ];
        var request = new DefaultHttpContext().Request;
        (request.Method, request.ContentType) = ("POST", asForm ? $"multipart/form-data; boundary={Boundary}" : "image/png");
        request.Body = new MemoryStream(asForm && random.Next(2) == 0 ? s.Bytes(form) : asForm ? form : picture);
        return () =>
        {
            using var predictor = Predictor.Open(folder.File("ours"));
            var service = new PictureService(predictor, null, [], TimeSpan.FromSeconds(10));
            try
            {
                var upload = PictureUpload.Read(request, default).GetAwaiter().GetResult();
                _ = service.Attack(upload.Encoded, upload.Name, "fgsm", null, upload.GetValue(request, "epsilon"), default).GetAwaiter().GetResult();
            }
            catch (RequestException refused) when (refused.Status is >= 400 and < 500)
            {
                throw new InputException(refused.Message);
            }
        };
    }

    public void Dispose()
    {
        trial.Dispose();
        folder.Dispose();
    }

    /// <summary>An index and a file beside it, one of them damaged.</summary>
    private Action Sharded(Spoilage s, string at)
    {
        var spoilt = s.Dice.Next(shards.Length);
        foreach (var (i, (name, content)) in shards.Index()) File.WriteAllBytes(Path.Combine(at, name), i == spoilt ? s.Bytes(content) : content);
        return Opened(State, Path.Combine(at, shards[0].Name));
    }

    private Action Opened((InputShape Shape, int Classes) task, string at, byte[] bytes)
    {
        var path = Path.Combine(at, "model");
        File.WriteAllBytes(path, bytes);
        return Opened(task, path);
    }

    private Action Opened((InputShape Shape, int Classes) task, string path)
    {
        return () =>
        {
            using var scope = NewDisposeScope();
            // As commands do: what the file says of its images and classes comes first.
            ModelFile.ReadNotes(path);
            ModelFile.Open(new ModelSource(path, task.Shape, task.Classes)
            {
                Architecture = "tiny-cnn", OpenOnnx = OnnxModel.Open,
                TryInSubprocess = trial.Try
            }).Dispose();
        };
    }

    private byte[] Zip(List<(string, byte[])>[] all, Spoilage s, string at)
    {
        if (!s.Damages) return ZipWriter.Write(all[0], deflate: s.Once(2), big: s.Once(2));
        if (all == archives && s.Once(4)) return Views(s.Dice);
        var records = s.Any(all);
        return s.Once(3) ? Damage.Of(ZipWriter.Write(records), s.Dice, ZipWriter.Write(s.Any(all))) : Spoiler.Archive(records, s.Dice, Hostile(at));
    }

    /// <summary>Good storages, and tensors that are other views of them.</summary>
    private byte[] Views(Random random)
    {
        var state = tensors.Select((t, i) =>
            (t.Key, View: new Stored("FloatStorage", $"{i}", t.Shape.Aggregate(1L, (a, b) => a * b), 0, [.. t.Shape], new long[t.Shape.Length])))
            .ToDictionary(t => t.Key, t => (object?)t.View);
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var (key, _) = tensors[random.Next(tensors.Count)];
            var view = (Stored)state[key]!;
            var numbers = random.Next(2) == 0 ? view.Shape : view.Strides;
            if (numbers.Length > 0) numbers[random.Next(numbers.Length)] = Damage.Extreme(random);
            state[key] = random.Next(6) switch
            {
                0 => view with { Count = Damage.Extreme(random) },
                1 => view with { Offset = Damage.Extreme(random) },
                2 => view with { Shape = [.. view.Shape, Damage.Extreme(random)], Strides = [.. view.Strides, 0] },
                3 => view with { Storage = "LongStorage" },
                _ => view,
            };
        }
        var records = TorchWriter.RecordsOf(state);
        return ZipWriter.Write([.. records,
            .. tensors.Select((t, i) => ($"archive/data/{i}", new byte[4 * t.Shape.Aggregate(1L, (a, b) => a * b)]))]);
    }

    private byte[] Legacy(Spoilage s, string at)
    {
        // After the magic number: its pickle of fifteen bytes has no room for damage that would be read.
        const int Magic = 15;
        if (!s.Damages) return legacy[0];
        var file = s.Any(legacy);
        return s.Once(2) ? Damage.Of(file, s.Dice, s.Any(legacy)) : [.. file[..Magic], .. Spoiler.Pickle(file[Magic..], s.Dice, Hostile(at))];
    }

    /// <summary>Pickles that torch.save did not write, and archives of arrays.</summary>
    private byte[] Arrays(Spoilage s, string at)
    {
        if (!s.Damages) return arrays[0];
        var file = s.Any(arrays);
        return file == arrays[^1] || s.Once(2) ? Damage.Of(file, s.Dice, s.Any(arrays)) : Spoiler.Pickle(file, s.Dice, Hostile(at));
    }

    private byte[] Header(Spoilage s)
    {
        var file = s.Any(safetensors);
        return s.By((_, random) => random.Next(3) == 0 ? Damage.Of(file, random, s.Any(safetensors)) : Spoiler.Header(file, random), file);
    }

    private byte[] Model(Spoilage s)
    {
        if (!s.Damages) return onnx[0];
        var file = s.Any(onnx);
        return s.Once(3) ? Damage.Of(file, s.Dice, s.Any(onnx)) : Spoiler.Message(file, s.Dice);
    }

    /// <summary>What hostile code would write: a reading must leave its folder as it was.</summary>
    private static string Hostile(string at) => Path.Combine(at, "written");

    private static byte[] Fixture(string name) => File.ReadAllBytes(Path.Combine(Repository.Root, "tests/Arow.Tests/Fixtures", name));
}
