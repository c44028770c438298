namespace Arow.Tests.Unit.Training;

/// <summary>Files that are gone, changed or of somebody else: each is missed by name, and nothing is written over.</summary>
public sealed class LostAndForeignTests : IDisposable
{
    private static readonly TrainingOptions Options = new()
    {
        Dataset = "glyphs", Model = "tiny-cnn", Objective = "standard", LimitTrain = 40, Validation = 8, BatchSize = 8, Epochs = 3,
        LearningRate = 0.05, Schedule = "constant",
    };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Refused(TrainingOptions options, string path) => Assert.Throws<InputException>(() =>
    {
        using var run = new TrainingRun(options, new RunFolder(path), resume: true);
        run.Run();
    }).Message;

    /// <summary>Two epochs and a bit of the third.</summary>
    private string Begun()
    {
        using var stop = new CancellationTokenSource();
        var steps = 0;
        using var run = new TrainingRun(Options, new RunFolder(folder.File("run")))
        {
            Observer = new TrainingCallbacks
            {
                Step = _ =>
                {
                    if (++steps == 9) stop.Cancel();
                },
            },
        };
        Assert.True(run.Run(stop.Token).Interrupted);
        return folder.File("run");
    }

    [Fact]
    public void A_log_that_has_lost_epochs()
    {
        var run = new RunFolder(Begun());
        var log = File.ReadAllText(run.Log);
        foreach (var left in (string?[])[null, "", log[..(log.IndexOf('\n') + 1)]])
        {
            if (left is null) File.Delete(run.Log);
            else File.WriteAllText(run.Log, left);
            Assert.Contains($"{run.Log}: has epochs", Refused(Options, run.Path));
        }
        File.WriteAllText(run.Log, "{}\n{}\n");
        Assert.Contains("has an invalid line", Refused(Options, run.Path));
        // With all its lines, and one that was begun, it is gone on with.
        File.WriteAllText(run.Log, log + "{\"epo");
        using var whole = new TrainingRun(Options, run, resume: true);
        Assert.Equal(3, whole.Run().Epochs);
    }

    private static void Spoil(string file)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
    }

    /// <summary>Resumed to its end: what was told, and the steps it took.</summary>
    private static (List<string> Told, int Steps, TrainingResult Result) Resumed(TrainingOptions options, string path)
    {
        var (told, steps) = (new List<string>(), 0);
        using var run = new TrainingRun(options, new RunFolder(path),
            resume: true)
        { Observer = new TrainingCallbacks { Warning = told.Add, Step = _ => steps++ } };
        var result = run.Run();
        return (told, steps, result);
    }

    [Fact]
    public void Selected_weights_that_are_lost_are_put_back_before_any_step()
    {
        foreach (var lose in (Action<string>[])[File.Delete, Spoil, file => File.WriteAllText(file, ""), file =>
            File.Copy(folder.File("other/weights.safetensors"), file, overwrite: true)])
        {
            var run = new RunFolder(Begun());
            if (!Directory.Exists(folder.File("other"))) Resumed(Options with { Model = "small-cnn", Epochs = 1 }, folder.File("other"));
            var whole = File.ReadAllBytes(run.Weights);
            lose(run.Weights);
            // No epoch more is needed to have them again.
            using (var stop = new CancellationTokenSource())
            {
                var told = new List<string>();
                using var again = new TrainingRun(Options, run,
                    resume: true)
                { Observer = new TrainingCallbacks { Warning = told.Add, Step = _ => stop.Cancel() } };
                Assert.True(again.Run(stop.Token).Interrupted);
                Assert.Contains("; restored from ", Assert.Single(told));
                Assert.StartsWith(run.Weights, told[0]);
            }
            Assert.Equal(whole, File.ReadAllBytes(run.Weights));
            Directory.Delete(run.Path, recursive: true);
        }
    }

    [Fact]
    public void Selected_weights_without_a_copy_are_missed_before_any_step_and_after_the_last()
    {
        var run = new RunFolder(Begun());
        foreach (var ended in (bool[])[false, true])
        {
            if (ended) Resumed(Options, run.Path);
            var (weights, log) = (File.ReadAllBytes(run.Weights), File.ReadAllText(run.Log));
            Spoil(run.Weights);
            foreach (var copy in run.Checkpoints.FindCopies("selected")) File.Delete(copy);
            var steps = 0;
            var fault = Assert.Throws<InputException>(() =>
            {
                using var again = new TrainingRun(Options, run, resume: true) { Observer = new TrainingCallbacks { Step = _ => steps++ } };
                again.Run();
            });
            Assert.StartsWith($"{run.Weights}: is damaged", fault.Message);
            Assert.Contains($"move {run.Path} away to train again", fault.Message);
            Assert.Equal((0, log), (steps, File.ReadAllText(run.Log)));
            File.WriteAllBytes(run.Weights, weights);
        }
    }

    [Fact]
    public void Checkpoints_that_are_all_damaged_are_told_with_what_follows()
    {
        var run = new RunFolder(Begun());
        foreach (var file in Directory.GetFiles(run.Checkpoints.Path, "step-*")) Spoil(file);
        var (told, steps, result) = Resumed(Options, run.Path);
        Assert.Contains("has no readable checkpoint: the run restarts from epoch 1", told[^1]);
        Assert.DoesNotContain("is used", string.Join('\n', told));
        Assert.Equal((12, 3), (steps, result.Epochs));
    }

    [Fact]
    public void What_was_watched_and_is_lost_is_told_before_any_step()
    {
        var watching = Options with { Watch = 4, Epochs = 2 };
        Resumed(watching, folder.File("watching"));
        var run = new RunFolder(folder.File("watching"));
        Assert.Empty(Resumed(watching, run.Path).Told);
        File.WriteAllText(Path.Combine(run.Probes.Path, "training-0001.tsv"), "cut");
        Assert.Contains("training-0001.tsv: is not a table of probed images", Assert.Single(Resumed(watching, run.Path).Told));
        Directory.Delete(run.Probes.Path, recursive: true);
        Assert.Contains("the probed images of epoch 1, 2 are missing", Assert.Single(Resumed(watching, run.Path).Told));
    }

    /// <summary>Two that begin in a new folder: what the second goes on with is looked at when it has the folder to itself.</summary>
    [Theory, InlineData(false, "already contains a run"), InlineData(true, "was started with other options: seed 0, not 1")]
    public void A_folder_that_another_process_has_begun_since_it_was_looked_at(bool resume, string says)
    {
        using var second = new TrainingRun(Options with { Seed = 1 }, new RunFolder(folder.File("run")), resume);
        Begun();
        var before = File.ReadAllText(folder.File("run/run.json"));
        Assert.Contains(says, Assert.Throws<InputException>(() => second.Run()).Message);
        Assert.Equal(before, File.ReadAllText(folder.File("run/run.json")));
    }

    [Fact]
    public void What_a_killed_process_left_is_removed_by_the_next()
    {
        var run = new RunFolder(Begun());
        foreach (var name in (string[])["run.json.99999.tmp", "checkpoints/step-0000000003.safetensors.99999.tmp"]) File.WriteAllText(
            Path.Combine(run.Path, name), "half");
        run.AcquireLock().Dispose();
        Assert.Empty(Directory.GetFiles(run.Path, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void Checkpoints_of_another_run()
    {
        var run = new RunFolder(Begun());
        var other = Options with { Seed = 1, LearningRate = 0.1 };
        run.Create(other, []);
        Assert.Contains("is of a run with lr 0.05, seed 0", Refused(other, run.Path));
    }

    [Fact]
    public void A_folder_that_is_no_run()
    {
        Directory.CreateDirectory(folder.File("thesis"));
        File.WriteAllText(folder.File("thesis/report.md"), "mine");
        Assert.Contains("is not empty and contains no run", Refused(Options, folder.File("thesis")));
        Assert.Equal(["report.md"], Directory.GetFileSystemEntries(folder.File("thesis")).Select(Path.GetFileName));
    }

    [Fact]
    public void A_folder_that_another_process_trains_in()
    {
        using var claim = new RunFolder(folder.File("run")).AcquireLock();
        Assert.Contains("another process is training here", Refused(Options, folder.File("run")));
    }

    [Theory, InlineData("{}"), InlineData("""{"epochs":1,"epoch":7,"clean":0.5,"robust":0.5}"""),
        InlineData("""{"epochs":3,"epoch":2,"clean":5,"robust":0.5}""")]
    public void A_selection_that_cannot_be(string text)
    {
        File.WriteAllText(folder.File("selected.json"), text);
        Assert.Contains("selected.json: is damaged",
            Assert.Throws<InputException>(() => SelectionRecord.Read(folder.File("selected.json"))).Message);
    }

    /// <summary>Weights that are no numbers are never written down as selected.</summary>
    [Fact]
    public void Weights_that_were_lost_on_the_way()
    {
        using var run = new TrainingRun(Options with { LearningRate = 1e300, BatchSize = 32, Epochs = 1 }, new RunFolder(folder.File("run")));
        Assert.DoesNotContain("checkpoint", Assert.Throws<DivergedException>(() => run.Run()).Message);
        Assert.False(File.Exists(folder.File("run/weights.safetensors")));
    }

    [Fact]
    public void Rows_that_are_not_the_summarys()
    {
        var there = new EvaluationFolder(folder.Path);
        var rows = Reports.Made.Rows();
        File.WriteAllText(there.Summary, Reports.Made.Summary(clean: 1, robust: 133 / 200.0).ToJson());
        foreach (var (some, says) in ((IEnumerable<SampleResult>, string)[])[(rows, ""), (rows[..^1], "has 199 images"),
            (rows[..^1].Append(rows[0]), "duplicate image"), (rows.Select(r => r with { Adversarial = r.Label, BrokenBy = null }), "200 robust")])
        {
            File.WriteAllLines(there.Rows, some.Select(r => r.ToLine()).Prepend(SampleResult.Header));
            if (says.Length == 0) Assert.Equal(200, there.Read().Rows.Count);
            else Assert.Contains(says, Assert.Throws<InputException>(() => there.Read()).Message);
        }
        File.WriteAllText(there.Summary, File.ReadAllText(there.Summary).Replace("\"attacks\": [", "\"attacks\": null, \"old\": ["));
        Assert.Contains("summary.json", Assert.Throws<InputException>(() => there.Read()).Message);
    }

    [Fact]
    public void Links_that_lead_back()
    {
        Directory.CreateDirectory(folder.File("photos/cat"));
        File.WriteAllText(folder.File("photos/cat/a.png"), "");
        Directory.CreateDirectory(folder.File("elsewhere"));
        File.WriteAllText(folder.File("elsewhere/b.png"), "");
        Directory.CreateSymbolicLink(folder.File("photos/dog"), folder.File("elsewhere"));
        Assert.Equal(["cat/a.png", "dog/b.png"],
            FolderTree.ListFiles(folder.File("photos")).Select(f => Path.GetRelativePath(folder.File("photos"), f)).Order());
        Directory.CreateSymbolicLink(folder.File("photos/cat/up"), "..");
        Assert.Contains("up: is a link to a folder that contains it",
            Assert.Throws<InputException>(() => FolderTree.ListFiles(folder.File("photos"))).Message);
    }

    [Fact]
    public void A_bit_of_an_archive()
    {
        using var scope = NewDisposeScope();
        using (var zip = System.IO.Compression.ZipFile.Open(folder.File("x.npz"), System.IO.Compression.ZipArchiveMode.Create))
        {
            using var stream = zip.CreateEntry("image.npy", System.IO.Compression.CompressionLevel.NoCompression).Open();
            new NpyHeader("|u1", [2, 4, 4, 1]).Write(stream);
            stream.Write(new byte[32]);
        }
        using (ExtraImages.Load(folder.File("x.npz"), 1, 4, 4, ["a"])) { }
        var bytes = File.ReadAllBytes(folder.File("x.npz"));
        bytes[190] ^= 1; // behind 39 bytes of the record's head and 128 of the array's
        File.WriteAllBytes(folder.File("x.npz"), bytes);
        Assert.Contains("x.npz: is damaged: 'image.npy' ",
            Assert.Throws<InputException>(() => ExtraImages.Load(folder.File("x.npz"), 1, 4, 4, ["a"])).Message);
    }
}
