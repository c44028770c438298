using Arow.Checkpoints;
using Arow.Models;
using Arow.Tests.Unit.Checkpoints;

namespace Arow.Tests.Fuzz;

/// <summary>A file of a make, and what it is opened for.</summary>
internal sealed record SpoiltFile(string Make, byte[] Bytes, InputShape Images, int Classes);

/// <summary>Good files of every make that is read, and as many damaged ones as are asked for: the number decides.</summary>
internal sealed class SpoiltFiles
{
    private static readonly (InputShape Shape, int Classes) Script = (new InputShape(3, 9, 7), 5);

    private readonly string hostile;
    private readonly List<(string Name, byte[] Content)>[] archives, scripts;
    private readonly byte[][] legacy, safetensors, onnx;
    private readonly List<(string Key, long[] Shape)> tensors;

    /// <param name="folder">Where files are made on the way.</param>
    /// <param name="hostile">The file that hostile code would write.</param>
    public SpoiltFiles(TemporaryFolder folder, string hostile)
    {
        this.hostile = hostile;
        using var scope = NewDisposeScope();
        using var network = MadeModel.Network();
        var state = MadeModel.State(network);
        tensors = [.. network.State.Select(s => (s.Key, s.Value.shape))];
        var whole = new Dictionary<string, object?>
        {
            ["epoch"] = 3, ["best"] = 0.5, ["state_dict"] = MadeModel.State(network, "module."),
            ["optimizer"] = new Dictionary<string, object?> { ["state"] = new List<object?> { 1, "two", null, true } },
        };
        archives = [TorchWriter.RecordsOf(state), TorchWriter.RecordsOf(whole), Spoiler.Unpacked(Fixture("checkpoint.pth")), Spoiler.Unpacked(Fixture("checkpoint-protocol4.pth"))];
        scripts = [TorchScriptTests.Records(TorchScriptTests.Body("torch.mm(torch.flatten(x, 1), self.w)")), Spoiler.Unpacked(Fixture("script.pt")), Spoiler.Unpacked(Fixture("traced.pt"))];
        legacy = [TorchWriter.Legacy(state), TorchWriter.Legacy(whole), Fixture("checkpoint-legacy.pth")];
        Weights.Save(folder.File("ours"), network, new Dictionary<string, string> { ["note"] = "made" }, ["a", "b", "c"]);
        Safetensors.Write(folder.File("others"), network.State, new Dictionary<string, string>());
        safetensors = [File.ReadAllBytes(folder.File("ours")), File.ReadAllBytes(folder.File("others"))];
        File.Delete(folder.File("ours"));
        File.Delete(folder.File("others"));
        var weights = Enumerable.Range(0, 64 * 3).Select(i => MathF.Sin(i)).ToArray();
        onnx =
        [
            OnnxWriter.Linear(weights, [0, 1, 8, 8], 3, metadata: new Dictionary<string, string> { ["mean"] = "0.5", ["std"] = "0.25" }),
            OnnxWriter.Linear(weights, [4, 8, 8, 1], 3, labels: true),
            OnnxWriter.Linear(weights, [0, 1, 8, 8], 3, external: "model"),
        ];
    }

    /// <summary>The file of a number. Native libraries read slowly: they get a tenth.</summary>
    public SpoiltFile this[int number]
    {
        get
        {
            var dice = new Random(number);
            return dice.Next(40) switch
            {
                < 16 => State("pth", Zip(archives, dice)),
                < 23 => State("legacy pth", Legacy(dice)),
                < 36 => State("safetensors", Header(Any(safetensors, dice), dice)),
                < 38 => new SpoiltFile("torchscript", Zip(scripts, dice), Script.Shape, Script.Classes),
                _ => State("onnx", Model(Any(onnx, dice), dice)),
            };
        }
    }

    private static SpoiltFile State(string make, byte[] bytes) => new(make, bytes, MadeModel.Images, MadeModel.Classes);

    private byte[] Zip(List<(string, byte[])>[] all, Random dice)
    {
        if (all == archives && dice.Next(4) == 0) return Views(dice);
        var records = Any(all, dice);
        return dice.Next(3) == 0 ? Damage.Of(ZipWriter.Write(records), dice, ZipWriter.Write(Any(all, dice))) : Spoiler.Archive(records, dice, hostile);
    }

    /// <summary>Good storages, and tensors that are other views of them.</summary>
    private byte[] Views(Random dice)
    {
        var state = tensors.Select((t, i) => (t.Key, View: new Stored("FloatStorage", $"{i}", t.Shape.Aggregate(1L, (a, b) => a * b), 0, [.. t.Shape], new long[t.Shape.Length])))
            .ToDictionary(t => t.Key, t => (object?)t.View);
        for (var times = dice.Next(1, 4); times > 0; times--)
        {
            var (key, _) = tensors[dice.Next(tensors.Count)];
            var view = (Stored)state[key]!;
            var numbers = dice.Next(2) == 0 ? view.Shape : view.Strides;
            if (numbers.Length > 0) numbers[dice.Next(numbers.Length)] = Damage.Extreme(dice);
            state[key] = dice.Next(6) switch
            {
                0 => view with { Count = Damage.Extreme(dice) },
                1 => view with { Offset = Damage.Extreme(dice) },
                2 => view with { Shape = [.. view.Shape, Damage.Extreme(dice)], Strides = [.. view.Strides, 0] },
                3 => view with { Storage = "LongStorage" },
                _ => view,
            };
        }
        var records = TorchWriter.RecordsOf(state);
        return ZipWriter.Write([.. records, .. tensors.Select((t, i) => ($"archive/data/{i}", new byte[4 * t.Shape.Aggregate(1L, (a, b) => a * b)]))]);
    }

    private byte[] Legacy(Random dice)
    {
        // After the magic number: its pickle of fifteen bytes has no room for damage that would be read.
        const int Magic = 15;
        var file = Any(legacy, dice);
        return dice.Next(2) == 0 ? Damage.Of(file, dice, Any(legacy, dice)) : [.. file[..Magic], .. Spoiler.Pickle(file[Magic..], dice, hostile)];
    }

    private byte[] Header(byte[] file, Random dice) => dice.Next(3) == 0 ? Damage.Of(file, dice, Any(safetensors, dice)) : Spoiler.Header(file, dice);

    private byte[] Model(byte[] file, Random dice) => dice.Next(3) == 0 ? Damage.Of(file, dice, Any(onnx, dice)) : Spoiler.Message(file, dice);

    private static T Any<T>(T[] all, Random dice) => all[dice.Next(all.Length)];

    private static byte[] Fixture(string name) => File.ReadAllBytes(Path.Combine(Repository.Root, "tests/Arow.Tests/Fixtures", name));
}
