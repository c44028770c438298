using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Arow.Tests.Unit.Training;

/// <summary>Whole, undamaged files of another run in the place of this run's: a checkpoint says which files belong to it.</summary>
public sealed class ReplacedFilesTests : IDisposable
{
    private static readonly TrainingOptions Options = new()
    {
        Dataset = "glyphs", Model = "tiny-cnn", Objective = "standard", LimitTrain = 40, BatchSize = 8, Epochs = 3, LearningRate = 0.05,
        Schedule = "constant",
        SelectOn = SelectOn.Last, Watch = 4,
    };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A run and another of the same form, each in the midst of its third epoch.</summary>
    private (RunFolder Run, RunFolder Other) Two() => (Begun(Options, "run", 13), Begun(Options with { Seed = 1 }, "other", 13));

    private RunFolder Begun(TrainingOptions options, string name, int steps)
    {
        var run = new RunFolder(folder.File(name));
        Assert.True(Resumed(options, run, steps).Result.Interrupted);
        return run;
    }

    private static (List<string> Told, int Steps, TrainingResult Result) Resumed(TrainingOptions options, RunFolder folder, int? most = null)
    {
        using var stop = new CancellationTokenSource();
        var (told, steps) = (new List<string>(), 0);
        using var run = new TrainingRun(options, folder, resume: true)
        {
            Observer = new TrainingCallbacks
            {
                Warning = told.Add,
                Step = _ =>
                {
                    if (++steps == most) stop.Cancel();
                },
            },
        };
        var result = run.Run(stop.Token);
        return (told, steps, result);
    }

    private static void Replace(string from, string to) => File.Copy(from, to, overwrite: true);

    [Fact]
    public void Selected_weights_of_the_same_form_and_epoch_are_put_right_before_any_step()
    {
        var (run, other) = Two();
        var right = File.ReadAllBytes(run.Weights);
        Replace(other.Weights, run.Weights);
        var told = Assert.Single(Resumed(Options, run, most: 1).Told);
        Assert.StartsWith($"{run.Weights}: does not contain the selected weights of epoch 2", told);
        Assert.Contains("; restored from ", told);
        Assert.Equal(right, File.ReadAllBytes(run.Weights));

        // Where the copy is another's too, nobody has them.
        Replace(other.Weights, run.Weights);
        Replace(other.Weights, run.Checkpoints.CopyPath("selected", 2));
        var fault = Assert.Throws<InputException>(() => Resumed(Options, run));
        Assert.Contains($"restore the file, or move {run.Path} away to train again", fault.Message);
    }

    [Fact]
    public void What_a_killed_process_selected_before_it_could_save_is_selected_again()
    {
        var (run, _) = Two();
        var right = File.ReadAllBytes(run.Weights);
        using (var file = Safetensors.Read(run.Weights)) Safetensors.Write(run.Weights, file.Tensors, new Dictionary<string,
            string>(file.Metadata)
        { ["epoch"] = "3" });
        Assert.Contains("contains weights of epoch 3, which is later than the checkpoint", Assert.Single(Resumed(Options, run, most: 1).Told));
        Assert.Equal(right, File.ReadAllBytes(run.Weights));
    }

    /// <summary>With the checkpoint before it, also when other weights have been selected since.</summary>
    [Fact]
    public void A_damaged_checkpoint_takes_no_selected_weights_with_it()
    {
        var run = new RunFolder(folder.File("run"));
        Resumed(Options, run);
        var (whole, newest) = (File.ReadAllBytes(run.Weights), Directory.GetFiles(run.Checkpoints.Path, "step-*").Max(StringComparer.Ordinal)!);
        File.WriteAllText(newest, "");
        var (told, steps, _) = Resumed(Options, run);
        Assert.Equal(5, steps);
        Assert.Equal(2, told.Count);
        Assert.Equal(whole, File.ReadAllBytes(run.Weights));
        // As many copies as checkpoints, and no damaged file.
        Assert.Equal([run.Checkpoints.CopyPath("selected", 3), run.Checkpoints.CopyPath("selected", 2)], run.Checkpoints.FindCopies("selected"));
        Assert.Empty(Resumed(Options, run).Told);
    }

    [Fact]
    public void Checkpoints_that_know_no_sums_are_gone_on_with()
    {
        var (run, other) = Two();
        foreach (var path in Directory.GetFiles(run.Checkpoints.Path, "step-*"))
        {
            using var file = Safetensors.Read(path);
            var position = (JsonObject)JsonNode.Parse(file.Metadata["position"])!;
            foreach (var name in position.Select(p => p.Key).Where(key => key.EndsWith("Sha256", StringComparison.Ordinal))
                .ToList()) position.Remove(name);
            Safetensors.Write(path, file.Tensors, new Dictionary<string, string>(file.Metadata) { ["position"] = position.ToJsonString() });
        }
        File.Move(run.Checkpoints.CopyPath("selected", 2), Path.Combine(run.Checkpoints.Path, "selected.safetensors"));
        var right = File.ReadAllBytes(run.Weights);
        File.Delete(run.Weights);
        Assert.Contains("; restored from ", Assert.Single(Resumed(Options, run, most: 1).Told));
        Assert.Equal(right, File.ReadAllBytes(run.Weights));
        // From now on they are known.
        Replace(other.Weights, run.Weights);
        Assert.Contains("does not contain the selected weights", Assert.Single(Resumed(Options, run, most: 1).Told));
    }

    [Fact]
    public void A_log_and_what_was_watched()
    {
        var (run, other) = Two();
        var log = File.ReadAllText(run.Log);
        // Of the same length, shorter and longer, with the same epochs.
        foreach (var changed in (string[])
        [
            log.Replace("\"train_clean\":0", "\"train_clean\":1", StringComparison.Ordinal),
            Regex.Replace(log, "\"seconds\":[0-9.E-]+", "\"seconds\":1"),
            log.Replace("\"steps\":", "\"steps\": ", StringComparison.Ordinal),
        ])
        {
            File.WriteAllText(run.Log, changed);
            Assert.NotEqual(log, changed);
            Assert.StartsWith($"{run.Log}: is not the log of this run", Assert.Throws<InputException>(() => Resumed(Options, run)).Message);
        }
        File.WriteAllText(run.Log, log);

        Replace(Path.Combine(other.Probes.Path, "training-0001.tsv"), Path.Combine(run.Probes.Path, "training-0001.tsv"));
        Replace(Path.Combine(other.Probes.Path, "training-0002.tsv"), Path.Combine(run.Probes.Path, "training-0002.tsv"));
        Assert.StartsWith($"{run.Probes.Path}: is not from this run", Assert.Single(Resumed(Options, run, most: 1).Told));
    }

    [Fact]
    public void A_helper()
    {
        var helped = Options with { Objective = "hat", AttackSteps = 1, Epochs = 2, Watch = null };
        // The helper takes ten steps of its own.
        var (run, other) = (Begun(helped, "run", 17), Begun(helped with { Seed = 1 }, "other", 17));
        var helper = new RunFolder(Path.Combine(run.Path, "helper"));
        var right = File.ReadAllBytes(helper.Weights);

        // Of the same options as far as it says, and sound in itself.
        using (var file = Safetensors.Read(helper.Weights))
        {
            var (metadata, newest) =
                (new Dictionary<string, string>(file.Metadata), Directory.GetFiles(helper.Checkpoints.Path, "step-*").Max(StringComparer.Ordinal)!);
            foreach (var tensor in file.Tensors.Values.Where(t => t.is_floating_point())) tensor.mul_(1 + 1e-6);
            metadata.Remove("fingerprint");
            Safetensors.Write(helper.Weights, file.Tensors, metadata);
            foreach (var copy in helper.Checkpoints.FindCopies("selected")) Replace(helper.Weights, copy);
            using var checkpoint = Safetensors.Read(newest);
            var position = JsonNode.Parse(checkpoint.Metadata["position"])!;
            position["SelectedSha256"] = EvaluationRun.HashFile(helper.Weights);
            Safetensors.Write(newest, checkpoint.Tensors, new Dictionary<string,
                string>(checkpoint.Metadata)
            { ["position"] = position.ToJsonString() });
        }
        Assert.StartsWith($"{helper.Weights}: is not the helper that the run was trained with so far",
            Assert.Throws<InputException>(() => Resumed(helped, run)).Message);

        // Lost, it is made again, to the same bits on the same machine.
        Directory.Delete(helper.Path, recursive: true);
        var (told, steps, _) = Resumed(helped, run);
        Assert.Equal($"{helper.Path}: is lost; the standard helper network is trained again in it", Assert.Single(told));
        Assert.Equal(right, File.ReadAllBytes(helper.Weights));
        Assert.Equal(10 + 3, steps);

        // A run that has ended asks it no more.
        Directory.Delete(helper.Path, recursive: true);
        (told, steps, _) = Resumed(helped, run);
        Assert.Contains("no longer needs its helper", Assert.Single(told));
        Assert.Equal(0, steps);
        Assert.False(Directory.Exists(helper.Path));
        Assert.NotEqual(File.ReadAllBytes(other.Weights), File.ReadAllBytes(run.Weights));
    }
}
