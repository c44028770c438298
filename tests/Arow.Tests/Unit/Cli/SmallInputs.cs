using Arow.Tests.Unit.Checkpoints;
using SkiaSharp;

namespace Arow.Tests.Unit.Cli;

/// <summary>What small command lines name: networks that have learnt nothing, digits by the names that they give them, a study, servers.</summary>
public sealed class SmallInputs : IDisposable
{
    private const string Study = """
        {
          "settings": { "dataset": "fashion-mnist", "model": "tiny-cnn", "limit-train": 12, "validation": 4, "epochs": 1, "batch-size": 16, "lr": 0.05 },
          "methods": [ { "name": "plain", "objective": "standard" } ],
          "evaluations": [ { "name": "Clean", "attacks": "clean", "images": 6 } ]
        }
        """;

    private readonly TemporaryFolder folder = new();
    private readonly MadeFolder digits = new(), otherDigits = new(), taken = new(), pictures = new(), otherPictures = new(), clearPictures = new();
    private readonly LoopbackServer mirror = new((_, _) => NotFound), otherMirror = new((_, _) => NotFound);
    private readonly Dictionary<string, string> names;
    private int outputs;

    private static byte[] NotFound => LoopbackServer.Answer("404 Not Found", []);

    public SmallInputs()
    {
        names = new()
        {
            ["weights"] = folder.File("a.safetensors"), ["other-weights"] = folder.File("b.safetensors"), ["states"] = folder.File("states.pth"),
            ["digits"] = digits.Root, ["other-digits"] = otherDigits.Root, ["npz"] = folder.File("a.npz"), ["other-npz"] = folder.File("b.npz"),
            ["taken"] = taken.Root, ["nothing"] = folder.File("nothing"), ["study"] = folder.File("a.json"), ["other-study"] = folder.File("b.json"),
            ["pictures"] = pictures.Root, ["other-pictures"] = otherPictures.Root, ["clear-pictures"] = clearPictures.Root,
            ["list"] = folder.File("list.txt"),
            ["mirror"] = $"{mirror.Address}", ["other-mirror"] = $"{otherMirror.Address}",
        };
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using Network network = Saved("weights", seed: 1), other = Saved("other-weights", seed: 2);
        // Neither says what architecture it is for.
        File.WriteAllBytes(names["states"],
            TorchWriter.Zip(new Dictionary<string, object?> { ["state_dict"] = MadeModel.State(network), ["ema"] = MadeModel.State(other) }));
        digits.WriteDigits(16, 6, images => network.ForEvaluation()(ImageSet.ToPixels(images)).argmax(1));
        otherDigits.WriteDigits(14, 6, images => other.ForEvaluation()(ImageSet.ToPixels(images)).argmax(1));
        foreach (var (name, n) in ((string, int)[])[("npz", 12), ("other-npz", 10)])
        {
            using var drawn = new Glyphs().Draw(Split.Train, n);
            Npz.Write(names[name], drawn.Images, drawn.Labels, ones(n));
        }
        pictures.Write("a.png", MadeFolder.Painted(SKColors.Red));
        otherPictures.Write("a.png", MadeFolder.Painted(SKColors.Blue));
        clearPictures.Write("a.png", MadeFolder.Drawn(alpha: (_, _) => 100));
        File.WriteAllText(names["list"], otherPictures["a.png"]);
        taken.Write("train-images-idx3-ubyte.gz", [1, 2, 3]);
        File.WriteAllText(names["study"], Study);
        File.WriteAllText(names["other-study"], Study.Replace("\"images\": 6", "\"images\": 5"));
    }

    /// <summary>Runs a command in a folder of its own.</summary>
    /// <param name="command">Its name.</param>
    /// <param name="given">
    /// What is given of options and arguments; of a flag nothing. What stands in braces is a name of what is here, or {out}, the folder.
    /// </param>
    internal Ended Run(string command, IReadOnlyDictionary<string, string> given)
    {
        var output = Directory.CreateDirectory(folder.File($"output-{outputs++}")).FullName;
        return Ended.Of(output, [.. command.Split(' '), .. given.SelectMany(Words)]);

        string[] Words(KeyValuePair<string, string> g)
        {
            var value = names.Append(new("out", output))
                .Aggregate(g.Value, (text, name) => text.Replace($"{{{name.Key}}}", name.Value, StringComparison.Ordinal));
            return !g.Key.StartsWith("--", StringComparison.Ordinal) ? [value] : value.Length == 0 ? [g.Key] : [g.Key, value];
        }
    }

    public void Dispose()
    {
        foreach (var one in (IDisposable[])[mirror, otherMirror, digits, otherDigits, taken, pictures, otherPictures, clearPictures,
            folder]) one.Dispose();
    }

    private Network Saved(string name, long seed)
    {
        var network = Network.Create("tiny-cnn", new InputShape(1, 28, 28), 10, new Normalization([0.3], [0.4]), seed);
        NetworkFile.Save(names[name], network, new Dictionary<string, string>(), PublicDataSets.FashionMnist.Classes);
        return network;
    }
}
