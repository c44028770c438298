using System.IO.Compression;

namespace Arow.EndToEnd;

/// <summary>Models of other makes, and what is said of them on the command line.</summary>
public sealed class AnybodysModels(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private readonly Program arow = trained.Arow;

    private Outcome Evaluate(string model, string output, params string[] more) =>
        arow.Run(["evaluate", model, "--dataset", "glyphs", "--attack", "clean", "--limit", "80", "--threads", "1", "--json", "--output", output,
            .. more]);

    [Fact]
    public void Mean_and_deviation_are_what_the_model_is_measured_with()
    {
        var weights = arow.File("run/weights.safetensors");
        var own = Evaluate(weights, "own").AssertDone();
        // Its own: pixels as they are.
        Evaluate(weights, "same", "--mean", "0", "--std", "255/255").AssertDone();
        Assert.Equal(File.ReadAllBytes(arow.File("own/rows.tsv")), File.ReadAllBytes(arow.File("same/rows.tsv")));
        var other = Evaluate(weights, "other", "--mean", "2", "--std", "0.1").AssertDone();
        Assert.True(Accuracy(other) < Accuracy(own));
        Assert.Contains("constant-prediction", other.Output);

        static double Accuracy(Outcome outcome) => outcome.Json.GetProperty("clean_accuracy").GetDouble();
    }

    /// <summary>The same images break, but for one at the very edge; and queries in place of gradients break fewer.</summary>
    [Fact]
    public void An_ONNX_file_is_attacked_with_gradients_as_its_network_is()
    {
        arow.Run("export", "run", "--format", "onnx", "--output", "model.onnx").AssertDone();
        var (own, file) = (Attacked("run/weights.safetensors", "pgd20"), Attacked("model.onnx", "pgd20"));
        Assert.NotEmpty(own.Broken);
        Assert.InRange(own.Broken.Except(file.Broken).Count() + file.Broken.Except(own.Broken).Count(), 0, 1);
        Assert.Contains("if ONNX Runtime misclassifies it", file.Summary.GetProperty("findings").ToString());
        var square = Attacked("model.onnx", "square", "--queries", "1000");
        Assert.InRange(square.Broken.Count, 0, file.Broken.Count - 1);
    }

    /// <summary>The images that an attack breaks, without those that are misclassified anyway.</summary>
    private (HashSet<string> Broken, System.Text.Json.JsonElement Summary) Attacked(string model, string attack, params string[] more)
    {
        var output = $"{Path.GetFileName(model)}-{attack}";
        var done = arow.Run(["evaluate", model, "--dataset", "glyphs", "--attack", attack, "--epsilon", "0.04", "--limit", "150", "--threads",
            "1", "--precision", "exact", "--json", "--output", output, .. more]).AssertDone();
        var rows = File.ReadAllLines(arow.File($"{output}/rows.tsv")).Select(line => line.Split('\t')).ToList();
        var (index, label, clean, robust) = (Column("index"), Column("label"), Column("clean"), Column("robust"));
        return ([.. rows.Skip(1).Where(r => r[clean] == r[label] && r[robust] == "0").Select(r => r[index])], done.Json);

        int Column(string name) => Array.IndexOf(rows[0], name);
    }

    [Fact]
    public void A_file_that_brings_down_the_library_costs_a_line_and_leaves_nothing()
    {
        // libtorch throws where TorchSharp does not catch: without a process of its own the program would be ended.
        File.Copy(Fixture("traced.pt"), arow.File("ending.pt"));
        using (var archive = ZipFile.Open(arow.File("ending.pt"), ZipArchiveMode.Update))
        {
            var code = archive.Entries.First(e => e.Name.EndsWith(".py", StringComparison.Ordinal));
            using var stream = code.Open();
            var text = new StreamReader(stream, leaveOpen: true).ReadToEnd();
            stream.SetLength(0);
            using var writer = new StreamWriter(stream);
            writer.Write(text.Replace(" : Tensor\n", " : Tensr\n", StringComparison.Ordinal));
        }
        Evaluate("ending.pt", "ended").AssertRefused("ending.pt: crashes the library that reads it", "Tensr");
        Assert.False(Directory.Exists(arow.File("ended")));
    }

    private static string Fixture(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Arow.slnx"))) folder = folder.Parent;
        return Path.Combine(folder.FullName, "tests/Arow.Tests/Fixtures", name);
    }
}
