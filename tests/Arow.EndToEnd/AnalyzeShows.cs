using System.Text.Json;

namespace Arow.EndToEnd;

/// <summary>What <c>arow analyze</c> makes of a run, and what it refuses.</summary>
public sealed class AnalyzeShows(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private readonly Program arow = trained.Arow;

    [Fact]
    public void Groups_bounds_and_what_training_did()
    {
        string[] small = ["--dataset", "glyphs", "--model", "tiny-cnn", "--limit-train", "200", "--limit-test", "20", "--epochs", "2", "--epsilon",
            "0.05", "--test-attack", "clean", "--threads", "1"];
        arow.Run(["train", .. small, "--watch", "30", "--output", "watched"]).AssertDone();
        var outcome = arow.Run("analyze", "watched", "--against", "run", "--limit", "60", "--landscape", "6", "--epsilons", "0,0.05", "--steps",
            "1,3", "--threads", "1", "--json").AssertDone();
        var bound = outcome.Json.GetProperty("model").GetProperty("bound");
        double Of(string risk) => bound.GetProperty(risk).GetProperty("value").GetDouble();
        Assert.True(Of("natural") <= Of("robust") && Of("robust") <= Of("arow") && Of("arow") <= Math.Min(Of("smooth"), Of("trades")));
        Assert.Equal(["training", "validation"], outcome.Json.GetProperty("training").EnumerateArray().Select(c => c.GetProperty("set").GetString()));
        Assert.Equal(JsonValueKind.Object, outcome.Json.GetProperty("surface").ValueKind);
        Assert.Equal(61, File.ReadLines(arow.File("watched/analysis/rows.tsv")).Count());
        Assert.Contains("Against the other model", File.ReadAllText(arow.File("watched/analysis/report.md")));
        Assert.Contains("ARoW's bound", File.ReadAllText(arow.File("watched/report.md")) + outcome.Output);

        // The same rows as an evaluation's, and again in the same place.
        var evaluated = arow.Run("evaluate", "watched", "--limit", "60", "--threads", "1", "--json").AssertDone().Json;
        Assert.Equal(1 - evaluated.GetProperty("robust_accuracy").GetDouble(), Of("robust"), 1e-12);
        arow.Run("analyze", "watched", "--split", "train", "--limit", "20", "--landscape", "0", "--attack", "fgsm").AssertDone();
        Assert.Contains("TRAINING IMAGES", File.ReadAllText(arow.File("watched/analysis-train/report.md")));
        Assert.False(File.Exists(arow.File("watched/analysis-train/curves.tsv")));
    }
}
