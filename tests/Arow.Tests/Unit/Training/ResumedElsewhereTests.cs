namespace Arow.Tests.Unit.Training;

/// <summary>A run that goes on with other instructions, threads or libraries says so, on the screen and in the run file.</summary>
public sealed class ResumedElsewhereTests : IDisposable
{
    private static readonly TrainingOptions Options = new()
    {
        Dataset = "glyphs", Model = "tiny-cnn", Objective = "standard", LimitTrain = 40, Validation = 8, BatchSize = 8, Epochs = 3,
        LearningRate = 0.05, Schedule = "constant",
    };

    private readonly TemporaryFolder folder = new();
    private readonly List<string> warnings = [];

    public void Dispose() => folder.Dispose();

    private RunFolder Run => new(folder.File("run"));

    /// <summary>One more epoch; gives the threads that it was computed with.</summary>
    private int TrainAnEpoch(TrainingOptions options)
    {
        warnings.Clear();
        using var stop = new CancellationTokenSource();
        var threads = 0;
        using var run = new TrainingRun(options, Run, resume: true)
        {
            Observer = new TrainingCallbacks
            {
                Warning = warnings.Add,
                Step = _ => threads = get_num_threads(),
                Epoch = _ => stop.Cancel(),
            },
        };
        run.Run(stop.Token);
        return threads;
    }

    private void ChangeCheckpoints(Func<ComputeEnvironment, ComputeEnvironment> change)
    {
        foreach (var file in Directory.GetFiles(Run.Checkpoints.Path, "step-*.safetensors"))
        {
            using var checkpoint = Safetensors.Read(file);
            // The copy of the selected weights is no checkpoint.
            if (!checkpoint.Metadata.TryGetValue("environment", out var json)) continue;
            var environment = ComputeEnvironment.FromJson(json)!;
            var metadata = checkpoint.Metadata.Where(m => m.Key != "environment").Append(new("environment", change(environment).ToJson()))
                .ToDictionary();
            Safetensors.Write(file, checkpoint.Tensors, metadata);
        }
    }

    [Fact]
    public void On_the_same_machine_nothing_is_said()
    {
        TrainAnEpoch(Options);
        TrainAnEpoch(Options);
        Assert.Empty(warnings);
        Assert.DoesNotContain("resumed", File.ReadAllText(Run.RunFile));
        Assert.Contains($"\"instructions\": \"{ComputeEnvironment.Instructions}\"", File.ReadAllText(Run.RunFile));
    }

    [Fact]
    public void Other_instructions_and_another_processor()
    {
        TrainAnEpoch(Options);
        ChangeCheckpoints(e => e with { InstructionSets = "DEFAULT", Model = "an older one" });
        var before = RunFile.Read(Run.RunFile, []);
        TrainAnEpoch(Options);
        var warning = Assert.Single(warnings);
        Assert.Contains($"processor {ComputeEnvironment.Processor}, not an older one; instructions {ComputeEnvironment.Instructions}, not DEFAULT",
            warning);
        Assert.DoesNotContain("threads", warning);
        Assert.Single(RunFile.ReadProvenance(Run.RunFile)!["resumed"]!.AsArray(), note => $"{note}".Contains("not DEFAULT"));
        Assert.Equal(before, RunFile.Read(Run.RunFile, []));
        // The checkpoint is of this machine now.
        TrainAnEpoch(Options);
        Assert.Empty(warnings);
    }

    [Fact]
    public void Threads_are_those_it_was_begun_with_unless_others_are_asked_for() => TwoThreads.Run(() =>
    {
        var usual = get_num_threads();
        Assert.Equal(1, TrainAnEpoch(Options with { Threads = 1 }));
        Assert.Empty(warnings);
        Assert.Equal(usual, get_num_threads());
        Assert.Equal(1, TrainAnEpoch(Options));
        Assert.Contains("1 thread, as at the start of the run", Assert.Single(warnings));
        Assert.Equal(usual, get_num_threads());
        Assert.Equal(2, TrainAnEpoch(Options with { Threads = 2 }));
        Assert.Contains("threads 2, not 1", Assert.Single(warnings));
        Assert.Contains("threads 2, not 1", $"{RunFile.ReadProvenance(Run.RunFile)!["resumed"]}");
    });

    [Fact]
    public void An_environment_of_another_version_is_no_fault()
    {
        Assert.Null(ComputeEnvironment.FromJson("{}"));
        Assert.Null(ComputeEnvironment.FromJson("AVX2"));
        var here = ComputeEnvironment.Current(DeviceType.CPU);
        Assert.Equal(here, ComputeEnvironment.FromJson(here.ToJson()));
        Assert.Null(here.DifferenceFrom(here));
        Assert.Contains(LibTorch.CpuCapability, (string[])["DEFAULT", "AVX2", "AVX512"]);
    }
}
