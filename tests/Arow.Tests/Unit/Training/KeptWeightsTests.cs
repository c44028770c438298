namespace Arow.Tests.Unit.Training;

/// <summary>Weights that are kept beside the selected ones, and what the end of a run measures of them.</summary>
public sealed class KeptWeightsTests : IDisposable
{
    private static readonly TrainingOptions Options = new()
    {
        Dataset = "glyphs", Model = "tiny-cnn", Objective = "pgd-at", LimitTrain = 120, LimitTest = 24, Validation = 40, BatchSize = 20, Epochs = 3,
        AttackSteps = 2,
        LearningRate = 0.05, Schedule = "constant", Seed = 3, TestAttack = "fgsm", Precision = Arow.Models.Execution.Precision.Exact, Threads = 1,
    };

    private static readonly IReadOnlyList<KeptWeights> All = [KeptWeights.Last, KeptWeights.Best, KeptWeights.Average];

    private readonly TemporaryFolder folder = new();

    /// <summary>One training answers for three: each file is what a training made for it alone would have ended with.</summary>
    [Fact]
    public void Each_is_what_a_run_of_its_own_would_have_ended_with()
    {
        using var scope = NewDisposeScope();
        var three = Run(Options with { Keep = All, SwaStart = 2 }, "three");
        var plain = Run(Options with { Keep = [KeptWeights.Last] }, "plain");
        var shorter = Run(Options with { Keep = [KeptWeights.Last], Epochs = 2 }, "shorter");
        var (last, before) = (Tensors(three.WeightsFor(KeptWeights.Last)), Tensors(shorter.WeightsFor(KeptWeights.Last)));
        AssertSame(Tensors(plain.WeightsFor(KeptWeights.Last)), last);
        AssertSame(Tensors(plain.Weights), Tensors(three.WeightsFor(KeptWeights.Best)));
        foreach (var (key, value) in Tensors(three.WeightsFor(KeptWeights.Average)))
        {
            // Batch norm's statistics are estimated anew.
            if (key.Contains("running", StringComparison.Ordinal) || key.Contains("num_batches", StringComparison.Ordinal)) continue;
            Assert.True((value - (last[key] + before[key]) / 2).abs().max().item<float>() < 1e-6, key);
        }
        Assert.Equal(
            plain.ReadLog().Skip(1).Select(e => (e.SelectionClean, e.SelectionRobust)),
            three.ReadLog().Skip(1).Select(e => (e.UnaveragedClean, e.UnaveragedRobust)));
        Assert.All(plain.ReadLog(), e => Assert.Null(e.UnaveragedRobust));
    }

    [Fact]
    public void All_are_measured_on_test_images_and_on_training_images()
    {
        var run = Run(Options with { Keep = All, EmaDecay = 0.8, GapImages = 30 }, "run", measure: true);
        var measured = MeasuredWeights.Read(run);
        Assert.Equal(["selected", "last", "best", "average"], measured.Select(m => m.Name));
        Assert.Equal(3, measured[1].Epoch);
        foreach (var m in measured)
        {
            Assert.Equal(EvaluationRun.HashFile(run.WeightsFor(m.Kept)), m.Test.Subject.WeightsSha256);
            Assert.Equal(m.Test.Subject.WeightsSha256, m.Training!.Subject.WeightsSha256);
            var (test, training) = (new EvaluationFolder(run.EvaluationFor(m.Kept)).ReadRows(),
                new EvaluationFolder(run.EvaluationFor(m.Kept, training: true)).ReadRows());
            Assert.Equal((24, 30), (test.Count, training.Count));
            Assert.Equal(training.Average(r => r.Robust ? 1.0 : 0) - test.Average(r => r.Robust ? 1.0 : 0), m.Gap!.Value, 1e-12);
            // The same for all weights, and none that selects.
            Assert.Equal(new EvaluationFolder(run.EvaluationFor(null, training: true)).ReadRows().Select(r => r.Index),
                training.Select(r => r.Index));
        }
        var sample = new EvaluationFolder(run.EvaluationFor(null, training: true)).ReadRows().Select(r => r.Index).ToList();
        using var train = TrainingRun.LoadTraining(Options, CPU);
        Assert.Empty(sample.Except(train.Indices.data<long>().ToArray()));
        using var other = TrainingRun.LoadTraining(Options with { Seed = 4 }, CPU);
        Assert.NotEmpty(sample.Except(other.Indices.data<long>().ToArray()));

        var report = TrainingReport.FromFolder(run);
        var table = report.Blocks.OfType<Table>().First(t => t.Columns.Contains("gap"));
        Assert.Equal(measured.Select(m => m.Name), table.Rows.Select(r => r[0]));
    }

    [Theory, InlineData(null, 24), InlineData(500, 80), InlineData(0, null)]
    public void Training_images_are_as_many_as_asked_for_and_as_there_are(int? asked, int? count)
    {
        var run = Run(Options with { GapImages = asked, Epochs = 1 }, "run", measure: true);
        var measured = Assert.Single(MeasuredWeights.Read(run));
        Assert.Equal(count, measured.Training?.N);
        Assert.Equal(count is null, measured.Gap is null);
    }

    [Fact]
    public void Best_weights_that_are_lost_come_back_from_their_copy()
    {
        var options = Options with { Keep = All, SwaStart = 2 };
        var (run, other) = (Run(options, "run"), Run(options with { Seed = 4 }, "other"));
        var whole = All.ToDictionary(kept => kept, kept => File.ReadAllBytes(run.WeightsFor(kept)));
        foreach (var replaced in (bool[])[false, true])
        {
            foreach (var kept in All)
            {
                if (replaced) File.Copy(other.WeightsFor(kept), run.WeightsFor(kept), overwrite: true);
                else File.Delete(run.WeightsFor(kept));
            }
            var told = new List<string>();
            using (var again = new TrainingRun(options, run, resume: true) { Observer = new TrainingCallbacks { Warning = told.Add } }) again.Run();
            // The others are in the checkpoint itself.
            Assert.Contains("weights-best.safetensors", Assert.Single(told));
            Assert.All(All, kept => Assert.Equal(whole[kept], File.ReadAllBytes(run.WeightsFor(kept))));
        }
    }

    [Theory]
    [InlineData("keep average", "keep average needs swa-start or ema-decay")]
    [InlineData("keep last,best;select-on last", "keep best needs select-on validation or test")]
    [InlineData("keep first", "keep 'first' is not a list of last, best and average")]
    [InlineData("gap-images -1", "gap-images -1 is not an integer of at least 0")]
    public void What_cannot_be_kept_is_refused(string options, string says)
    {
        var fault = Assert.Throws<InputException>(() =>
            RunFile.Read(null, [("dataset", "glyphs"), .. options.Split(';').Select(o => (o.Split(' ')[0], o.Split(' ')[1]))]));
        Assert.Equal(says, fault.Message[..says.Length]);
        Assert.DoesNotContain("; ", fault.Message);
    }

    [Fact]
    public void A_list_is_written_and_read_in_one_order()
    {
        var options = RunFile.Read(null, [("dataset", "glyphs"), ("keep", "best, last,best")]);
        Assert.Equal([KeptWeights.Last, KeptWeights.Best], options.Keep);
        File.WriteAllText(folder.File("run.json"), RunFile.Write(options));
        Assert.Equal(options.Keep, RunFile.Read(folder.File("run.json"), []).Keep);
        File.WriteAllText(folder.File("list.json"), """{ "dataset": "glyphs", "keep": ["last"] }""");
        Assert.Equal([KeptWeights.Last], RunFile.Read(folder.File("list.json"), []).Keep);
        Assert.Empty((Options with { Keep = All, SwaStart = 1 }).ForHelper().Keep);
    }

    public void Dispose() => folder.Dispose();

    private RunFolder Run(TrainingOptions options, string name, bool measure = false)
    {
        Assert.Empty(options.Validate());
        var run = new RunFolder(folder.File(name));
        using var training = new TrainingRun(options, run);
        Assert.False(training.Run().Interrupted);
        if (!measure) return run;
        training.Evaluate();
        training.EvaluateKept();
        return run;
    }

    private static Dictionary<string, Tensor> Tensors(string weights)
    {
        var (network, _) = NetworkFile.Load(weights);
        using (network) return network.State.ToDictionary(s => s.Key, s => s.Value.detach().clone());
    }

    private static void AssertSame(Dictionary<string, Tensor> expected, Dictionary<string, Tensor> actual)
    {
        foreach (var (key, value) in expected) Assert.True((value == actual[key]).all().item<bool>(), key);
    }
}
