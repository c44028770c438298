using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Arow.Analysis;
using Arow.Checkpoints;
using Arow.Evaluation;
using Arow.Studies;
using Arow.Training;

namespace Arow.Faults.Readers;

/// <summary>What users write for Arow, and what Arow wrote for itself.</summary>
internal sealed class RecordReaders : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Lazy<RunFolder> run;

    public RecordReaders()
    {
        run = new(() =>
        {
            TrainedRun.Make(folder.File("run"));
            return new RunFolder(folder.File("run"));
        });
        All =
        [
            new("run file", RunFiles) { Sources = ["RunFile.cs"] },
            new("study file", Studies),
            new("class names", ClassNames) { Sources = ["ClassNames.cs"] },
            new("stated endpoints", Endpoints) { Sources = ["StatedEndpoints.cs"] },
            new("run folder's options", Options),
            new("log", Log) { Sources = ["RunFolder.cs"] },
            new("checkpoint", Checkpoint),
            new("watch", Watch) { Sources = ["ProbeFolder.cs"] },
            new("selected", SelectedWeights) { Sources = ["SelectionRecord.cs"] },
            new("summary and rows", Summary) { Sources = ["EvaluationSummary.cs", "EvaluationFolder.cs"] },
            new("packed study", Packed) { Sources = ["PackedRuns.cs"] },
            new("journal", Journal) { Sources = ["EvaluationJournal.cs"] },
        ];
    }

    public IReadOnlyList<Reader> All { get; }

    public void Dispose() => folder.Dispose();

    private static Action RunFiles(Spoilage s, string at)
    {
        var path = Put(at, "run.json", s.Json(Any(s, "recipes")));
        return () =>
        {
            var options = RunFile.Read(path, []);
            RunFile.Write(options);
            var schedule = options.CreateSchedule();
            foreach (var epoch in (double[])[0, 0.5, Math.Max(0, options.Epochs - 0.5)])
            {
                if (schedule.RateAt(epoch, 0.01) is var rate
                    && !double.IsFinite(rate)) throw new InvalidOperationException($"a learning rate of {rate}");
            }
        };
    }

    private static Action Studies(Spoilage s, string at)
    {
        var bytes = Any(s, "studies");
        for (var times = s.Dice.Next(1, 3); times > 0; times--) bytes = s.Json(bytes);
        var path = Put(at, "study.json", bytes);
        return () => StudyFile.Read(path);
    }

    private static Action ClassNames(Spoilage s, string at)
    {
        var path = Put(at, "classes.txt",
            s.Json(Encoding.UTF8.GetBytes(s.Any(["cat\ndog\nship\n", "[\"cat\", \"dog\", \"ship\"]", "{\"0\": \"cat\", \"1\": \"dog\"}"]))));
        return () => Arow.Classes.ClassNames.Read(path);
    }

    private static Action Endpoints(Spoilage s, string at)
    {
        var stated = new StatedEndpoints(DateTimeOffset.UnixEpoch, StartedRuns: 2, MeasuredRuns: 1, new JsonObject { ["name"] = "robust" },
            [new JsonObject { ["name"] = "clean" }]);
        var path = Put(at, "endpoints.json", s.Json(Encoding.UTF8.GetBytes(StatedEndpoints.Write([stated]))));
        return () => StatedEndpoints.Write(StatedEndpoints.Read(path));
    }

    private Action Options(Spoilage s, string at)
    {
        Put(at, "run.json", s.Json(File.ReadAllBytes(run.Value.RunFile)));
        return () => new RunFolder(at).DescribeDifference(new TrainingOptions());
    }

    private Action Log(Spoilage s, string at)
    {
        Put(at, "run.json", File.ReadAllBytes(run.Value.RunFile));
        var log = File.ReadAllBytes(run.Value.Log);
        Put(at, "log.jsonl", s.Json(log));
        return () =>
        {
            new RunFolder(at).ReadLog();
            new RunFolder(at).TruncateLog(log.Length, 2);
        };
    }

    private Action Checkpoint(Spoilage s, string at)
    {
        var path = Put(at, "step.safetensors", s.By(
            (bytes, random) => random.Next(2) == 0 ? Damage.Of(bytes, random, bytes) : Spoiler.Header(bytes, random),
            File.ReadAllBytes(Directory.EnumerateFiles(run.Value.Checkpoints.Path).Max(StringComparer.Ordinal)!)));
        return () => Safetensors.Read(path).Dispose();
    }

    private Action Watch(Spoilage s, string at)
    {
        var files = Directory.EnumerateFiles(run.Value.Probes.Path).Order(StringComparer.Ordinal).ToList();
        var spoilt = s.Any(files);
        foreach (var file in files) Put(at, Path.GetFileName(file), file == spoilt ? s.Bytes(File.ReadAllBytes(file)) : File.ReadAllBytes(file));
        return () => new ProbeFolder(at).Read();
    }

    private static Action SelectedWeights(Spoilage s, string at)
    {
        var path = Put(at, "selected.json",
            s.Json(Encoding.UTF8.GetBytes(new SelectionRecord(Epochs: 3, Epoch: 2, Clean: 0.5, Robust: 0.25).ToJson())));
        return () => SelectionRecord.Read(path)?.ToJson();
    }

    private Action Summary(Spoilage s, string at)
    {
        var good = new EvaluationFolder(run.Value.Evaluation);
        var spoilsRows = s.Once(2);
        var spoilt = new EvaluationFolder(at);
        File.WriteAllBytes(spoilt.Rows, spoilsRows ? s.Bytes(File.ReadAllBytes(good.Rows)) : File.ReadAllBytes(good.Rows));
        File.WriteAllBytes(spoilt.Summary, spoilsRows ? File.ReadAllBytes(good.Summary) : s.Json(File.ReadAllBytes(good.Summary)));
        return () =>
        {
            var (summary, rows) = spoilt.Read();
            // What can be read can be reported, written and compared.
            summary.ToJson();
            foreach (var known in summary.Provenance.EnumerateObject()) _ = $"{known.Name} {known.Value}";
            RobustBenchRecord.Create(summary);
            PairedComparison.CompareRobust(good.ReadRows(), rows);
        };
    }

    private Action Packed(Spoilage s, string at)
    {
        var whole = folder.File("runs.zip");
        var packed = Path.GetDirectoryName(run.Value.Path)!;
        if (!File.Exists(whole)) PackedRuns.Write(packed, PackedRuns.EndpointsFor(packed), whole);
        var path = Put(at, "runs.zip", s.Bytes(File.ReadAllBytes(whole)));
        return () =>
        {
            var runs = Path.Combine(at, "runs");
            PackedRuns.Unpack(path, runs);
            Directory.Delete(runs, recursive: true);
        };
    }

    /// <summary>Lines as any bytes, or lines of other content with their hash put right.</summary>
    private Action Journal(Spoilage s, string at)
    {
        const int Hash = 16;
        var journal = File.ReadAllBytes(new EvaluationFolder(run.Value.Evaluation).Journal);
        var identity = JsonSerializer.Deserialize(Encoding.UTF8.GetString(journal).Split('\n')[0][(Hash + 1)..],
            JournalJson.Default.EvaluationIdentity)!;
        var path = Put(at, "journal", s.By(Spoilt, journal));
        return () => EvaluationJournal.Resume(path, identity).Dispose();

        static byte[] Spoilt(byte[] journal, Random random)
        {
            if (random.Next(2) == 0) return Damage.Of(journal, random, journal);
            var lines = Encoding.UTF8.GetString(journal).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var one = random.Next(lines.Length);
            var json = Encoding.UTF8.GetString(Damage.Json(Encoding.UTF8.GetBytes(lines[one][(Hash + 1)..]), random)).ReplaceLineEndings(" ");
            lines[one] = $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)))[..Hash]} {json}";
            return Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n");
        }
    }

    /// <summary>One of the project's own files, of every option that they use.</summary>
    private static byte[] Any(Spoilage s, string folder) =>
        File.ReadAllBytes(s.Any([.. Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.json").Order(StringComparer.Ordinal)]));

    private static string Put(string folder, string name, byte[] bytes)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
