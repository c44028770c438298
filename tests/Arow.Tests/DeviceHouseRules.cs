using System.Text.RegularExpressions;

namespace Arow.Tests;

/// <summary>
/// What a GPU asks of the code, where none is at hand to ask: tensors are made on the device of those that they meet, and
/// nothing in a training step makes the host wait.
/// </summary>
public sealed partial class DeviceHouseRules
{
    /// <summary>Files that make tensors on the host, and why.</summary>
    private static readonly Dictionary<string, string> OnTheHost = new()
    {
        ["Checkpoints/Safetensors.cs"] = "a file is read into the host's memory",
        ["Checkpoints/TorchFile.cs"] = "a file is read into the host's memory",
        ["Checkpoints/NetworkFile.cs"] = "the images of the fingerprint are the same to the bit on every device: made here, then moved",
        ["Data/Cifar.cs"] = "a file is read into the host's memory; ImageSet.To moves the whole set",
        ["Data/ExtraImages.cs"] = "a file is read into the host's memory; ImageSet.To moves the whole set",
        ["Data/Glyphs.cs"] = "drawn on the host; ImageSet.To moves the whole set",
        ["Data/Idx.cs"] = "a file is read into the host's memory; ImageSet.To moves the whole set",
        ["Data/ImageFolder.cs"] = "a file is read into the host's memory; ImageSet.To moves the whole set",
        ["Data/InputFile.cs"] = "a file is read into the host's memory; ImageSet.To moves the whole set",
        ["Data/Formats/Npz.cs"] = "a file is read into the host's memory; ImageSet.To moves the whole set",
        ["Data/Formats/PictureStack.cs"] = "a file is read into the host's memory; ImageSet.To moves the whole set",
        ["Data/Svhn.cs"] = "a file is read into the host's memory; ImageSet.To moves the whole set",
        ["Training/PseudoLabels.cs"] = "results for a file, on the host",
        ["Training/Sgd.cs"] = "numbers that the script reads on the host",
    };

    /// <summary>What every step of training runs through, once or for each of its attack's steps.</summary>
    private static readonly string[] Step =
    [
        "Constant.cs", "KeyedNoise.cs", "Losses.cs", "ThreatModel.cs", "Runtime/TorchGenerators.cs", "Attacks/AttackLoss.cs",
        "Attacks/InputGradient.cs",
        "Attacks/Pgd.cs", "Data/Augmentation.cs", "Training/FreeSteps.cs", "Training/TrainingStep.cs", "Training/Sgd.cs",
        "Training/WeightAverage.cs", "Training/WeightPerturbation.cs", "Models/*", "Models/Execution/*", "Models/Kernels/*.cs", "Objectives/*",
    ];

    /// <summary>Beside them, and not run through: Square's queries, each of which has an answer to wait for anyhow.</summary>
    private const string NotInAStep = "ChangedRegions.cs";

    private static string Library => Path.Combine(Repository.Root, "src/Arow");

    [Fact]
    public void Tensors_are_made_on_a_device_that_is_named()
    {
        var needed = new HashSet<string>();
        foreach (var path in Directory.EnumerateFiles(Library, "*.cs", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(Library, path).Replace('\\', '/');
            var text = File.ReadAllText(path);
            foreach (Match made in Made().Matches(text))
            {
                var statement = text[made.Index..text.IndexOf(';', made.Index)];
                if (Device().IsMatch(statement)) continue;
                Assert.True(OnTheHost.ContainsKey(name), $"{name}: on which device? {statement}");
                needed.Add(name);
            }
        }
        Assert.Empty(OnTheHost.Keys.Except(needed));
    }

    [Fact]
    public void No_step_waits_for_the_device()
    {
        foreach (var path in Step.SelectMany(below => Directory.EnumerateFiles(Library, below)).Where(path => Path.GetFileName(path) != NotInAStep))
        {
            foreach (var line in File.ReadLines(path).Where(l => Waits().IsMatch(l) && !l.TrimStart().StartsWith("//", StringComparison.Ordinal)))
            {
                // An optimizer's numbers stay on the host; on the CPU there is nothing to wait for.
                Assert.True(line.Contains("var numbers = tensor(", StringComparison.Ordinal) || line.Contains("? tensor(", StringComparison.Ordinal),
                    $"{Path.GetFileName(path)}: {line.Trim()}");
            }
        }
    }

    [Theory]
    [InlineData("x = zeros(3);", true)]
    [InlineData("x = zeros([3, 4], z.dtype, z.device);", false)]
    [InlineData("x = new_zeros(3);", false)]
    [InlineData("y = randperm(n, dtype: ScalarType.Int64)\n    .to(images.device);", false)]
    public void What_is_looked_for_is_found(string text, bool made) =>
        Assert.Equal(made, Made().Match(text) is { Success: true } m && !Device().IsMatch(text[m.Index..text.IndexOf(';')]));

    [GeneratedRegex(@"(?<![\w.])(zeros|ones|full|arange|tensor|rand|randn|empty|randint|randperm|eye|linspace|from_array|as_tensor)\(")]
    private static partial Regex Made();

    [GeneratedRegex(@"\bdevice\b|\bDevice\b")]
    private static partial Regex Device();

    [GeneratedRegex(@"\.item<|\.cpu\(\)|nonzero|masked_select|(?<![\w.])tensor\(|\.data<|\.to\(CPU")]
    private static partial Regex Waits();
}
