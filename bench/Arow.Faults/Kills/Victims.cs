using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Arow.Data;
using Arow.Faults.Files;
using SkiaSharp;

namespace Arow.Faults.Kills;

/// <summary>Every command that works for long, in several set-ups, and the files that they need.</summary>
internal sealed class Victims : IDisposable
{
    /// <summary>Of the process that fetches a file of ours as <c>arow data fetch</c> does the official ones.</summary>
    public const string FetchVerb = "--fetch";

    private const string Study = """
        {
          "settings": {
            "dataset": "glyphs", "model": "tiny-cnn", "limit-train": 80, "validation": 20, "epochs": 2, "batch-size": 20, "lr": 0.1,
            "epsilon": "0.05", "attack-steps": 2, "threads": 1, "checkpoint-every": 0.1
          },
          "methods": [ { "name": "TRADES", "objective": "trades", "lambda": 4 }, { "name": "plain", "objective": "standard" } ],
          "evaluations": [ { "name": "PGD", "attacks": ["pgd10"], "images": 20 }, { "attacks": ["apgd-ce"], "steps": 4, "images": 20, "of": "chosen" } ]
        }
        """;

    /// <summary>Set-ups of training that have a state of their own.</summary>
    private static readonly (string Name, string Options)[] Trainings =
    [
        ("averages, perturbed weights, watch",
            "--objective arow --ema-decay 0.95 --awp 0.005 --awp-start 2 --watch 20 --accumulate 3 --attack-steps 3"),
        ("swa, warm-up, cyclic",
            "--objective trades-ls --swa-start 2 --warm-up 1 --normalize true --nesterov true --schedule cyclic --watch 10 --attack-steps 3"),
        ("free", "--objective free --replays 3 --ema-decay 0.9 --ema-warm-up true --watch 10"),
        ("helper", "--objective hat --accumulate 2 --patience 3 --attack-steps 3"),
        ("companion", "--objective lbgat --ema-decay 0.9 --clip-gradient 1 --attack-steps 3"),
        ("helper, averages, kept weights", "--objective hat-arow --ema-decay 0.9 --keep last,best,average --evaluate-every 1 --attack-steps 2"),
        ("friendly", "--objective fat-trades --weight-decay 0.001 --attack-steps 3"),
        ("fine-tuning", "--objective trades --init {model} --attack-steps 3"),
        ("extra data", "--objective arow --extra-data {extra} --extra-fraction 0.5 --watch 5 --awp 0.01 --awp-start 1 --attack-steps 3"),
        ("weights of images, last, exact",
            "--objective gair-trades --geometry-start 2 --select-on last --precision exact --early-stop 2 --attack-steps 3"),
    ];

    private readonly TemporaryFolder folder = new();
    private readonly byte[] remote = Noise(1 << 24);
    private readonly LoopbackServer server;

    public Victims()
    {
        // A quarter at a time, after a while: a download that goes on where it broke off, with moments to be killed at.
        server = new LoopbackServer((request, _) =>
        {
            Thread.Sleep(200);
            var answer = LoopbackServer.Proper(remote, request);
            var body = remote.Length - LoopbackServer.RangeOf(request);
            return answer[..^(body - Math.Min(body, remote.Length / 4))];
        });
        All =
        [
            .. Trainings.Select((t, i) =>
                new Victim($"train: {t.Name}", at => Arow([.. Train, .. Files(t.Options), "--output", at, "--resume"])) { Small = i == 0 }),
            Evaluation("several attacks", "--attack fgsm,pgd20,square --queries 100 --limit 40 --batch-size 7", small: true),
            Evaluation("AutoAttack, 8 bits", "--attack autoattack --limit 24 --batch-size 5 --queries 200 --steps 20 --quantize", small: false),
            Evaluation("L2", "--attack apgd-ce,fab,hopskipjump --steps 15 --norm l2 --epsilon 0.5 --limit 20 --batch-size 4 --queries 300",
                small: false),
            Evaluation("three processes", "--attack fgsm,pgd20,square --queries 100 --limit 40 --batch-size 5 --quantize", small: false) with
            { Processes = 3 },
            new("analyze", at => Arow(
                ["analyze", Model, .. Words("--threads 1 --limit 30 --landscape 4 --attack pgd10 --epsilons 0,4/255 --steps 1,2 --output"),
                    at])) { Resumes = false },
            new("analyze, three processes", at => Arow(["analyze", Model, .. Words(
                "--threads 1 --limit 60 --batch-size 6 --landscape 12 --attack pgd20 --epsilons 0,4/255 --steps 1,2 --resume --output"), at]))
            { Processes = 3, Beside = ".work", Small = false },
            new("predict, three processes", at => Arow(["predict", Model, Many, .. Words(
                "--json --threads 1 --batch-size 256 --withstands 0.02 --resume --output"), at]))
            { Processes = 3, Beside = ".work", Ending = ".jsonl", Small = false },
            .. Launcher is { } mpirun
                ? (Victim[])[new("evaluate, two ranks", at => Launched(mpirun, ["evaluate", Model, .. Words(
                    "--threads 1 --attack fgsm,pgd20,square --queries 100 --limit 40 --batch-size 5 --quantize --resume --output"), at]))
                    { IsLauncher = true, Small = false }]
                : [],
            new("compare, two processes", at => Arow(["compare", StudyFile, "--output", at])) { Processes = 2 },
            new("data resize", at => Arow(["data", "resize", Photos, "--size", "16", "--output", at])) { Resumes = false },
            new("export: ONNX", at =>
                Arow(["export", Model, "--format", "onnx", "--output", at])) { Resumes = false, Ending = ".onnx", Small = false },
            new("export: state dict", at =>
                Arow(["export", Model, "--format", "pytorch", "--output", at])) { Resumes = false, Ending = ".pth", Small = false },
            new("predict", at => Arow(["predict", Model, Photos, "--json", "--threads", "1", "--output", at])) { Resumes = false, Ending = ".jsonl",
                Small = false },
            new("pseudo-label", at => Arow(["pseudo-label", Model, "--images", Unlabelled, "--output", at])) { Resumes = false, Ending = ".npz" },
            new("data preview", at => Arow(["data", "preview", "glyphs", "--output", at])) { Resumes = false, Ending = ".png", Small = false },
            new("data fetch", Fetching),
            // What it has begun is gone on with by train; what it has not, by itself.
            new("quickstart", at => Arow(File.Exists(Path.Combine(at, "standard", "run.json"))
                ? ["train", "--output", Path.Combine(at, "standard"), "--resume"] : ["quickstart", "--output", at]))
            { Part = "standard", Small = false },
        ];
    }

    public IReadOnlyList<Victim> All { get; }

    /// <summary>Where victims write.</summary>
    public string Folder => folder.Path;

    private static string[] Train => Words(
        "train --dataset glyphs --limit-train 200 --limit-test 20 --model tiny-cnn --epochs 3 --test-attack pgd10 --threads 1 --checkpoint-every "
            + "0.05 --batch-size 32 --lr 0.1");

    private string Model => Made("model", at =>
    {
        using var training = Signals.Quiet(Arow([.. Train, "--objective", "trades", "--attack-steps", "3", "--output", at]));
        training.WaitForExit();
    });

    private string StudyFile => Made("study.json", at => File.WriteAllText(at, Study));

    private string Extra => Made("extra.npz", at => Drawn(at, 200));

    private string Unlabelled => Made("unlabelled.npz", at => Drawn(at, 12_000));

    private static string? Launcher => File.Exists("/usr/bin/mpirun.openmpi") ? "/usr/bin/mpirun.openmpi" : null;

    /// <summary>Of several blocks: those of <c>predict</c> have 256 pictures.</summary>
    private string Many => Made("many.npy", at =>
    {
        const int Count = 1100;
        using var digits = new Glyphs().Draw(Split.Test, 500);
        var rows = Enumerable.Range(0, Count).SelectMany(i => digits.Images[i % digits.Count].bytes.ToArray());
        var header = $"{{'descr': '|u1', 'fortran_order': False, 'shape': ({Count}, 28, 28), }}".PadRight(117) + '\n';
        File.WriteAllBytes(at, [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. header.Select(letter => (byte)letter), .. rows]);
    });

    private string Photos => Made("photos", at =>
    {
        const int Classes = 2, Each = 40;
        for (var i = 0; i < Classes * Each; i++)
        {
            var name = Path.Combine(at, $"{i % Classes}", $"{i}.jpg");
            Directory.CreateDirectory(Path.GetDirectoryName(name)!);
            File.WriteAllBytes(name, Pictures.Noise(500 + i, 400, SKEncodedImageFormat.Jpeg));
        }
    });

    /// <summary>The process that fetches: an address, a folder, the checksum and the size.</summary>
    public static int Fetch(string[] arguments)
    {
        using var download = new Download();
        var file = new RemoteFile("file", new Uri(arguments[0]), arguments[2], long.Parse(arguments[3], CultureInfo.InvariantCulture));
        try
        {
            download.FetchAsync(file, arguments[1]).GetAwaiter().GetResult();
            return 0;
        }
        catch (DownloadException e)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }

    public void Dispose()
    {
        server.Dispose();
        folder.Dispose();
    }

    private Victim Evaluation(string name, string options, bool small) =>
        new($"evaluate: {name}", at => Arow(["evaluate", Model, "--threads", "1", .. Words(options), "--output", at, "--resume"])) { Small = small };

    private ProcessStartInfo Arow(IEnumerable<string> arguments) => BuiltProgram.Command(folder.Path, arguments);

    private ProcessStartInfo Launched(string launcher, IEnumerable<string> arguments)
    {
        var program = Arow(arguments);
        var start = new ProcessStartInfo(launcher) { WorkingDirectory = folder.Path };
        foreach (var word in (string[])["--oversubscribe", "--allow-run-as-root", "-n", "2", program.FileName, .. program.ArgumentList])
            start.ArgumentList.Add(word);
        start.Environment["OMP_NUM_THREADS"] = "1";
        return start;
    }

    private ProcessStartInfo Fetching(string at) =>
        OwnProgram.Command(FetchVerb, $"{server.Address}", at, Convert.ToHexStringLower(MD5.HashData(remote)), $"{remote.Length}");

    private IEnumerable<string> Files(string options) => Words(options).Select(word => word == "{extra}" ? Extra : word == "{model}" ? Model : word);

    private string Made(string name, Action<string> make)
    {
        var path = folder.File(name);
        if (!Path.Exists(path)) make(path);
        return path;
    }

    private static void Drawn(string path, int count)
    {
        using var scope = NewDisposeScope();
        using var digits = new Glyphs().Draw(Split.Test, Math.Min(count, 500));
        var rows = arange(count, dtype: ScalarType.Int64).remainder(digits.Count);
        Npz.Write(path, digits.Images.index_select(0, rows), digits.Labels.index_select(0, rows), ones(count));
    }

    private static byte[] Noise(int count)
    {
        var noise = new byte[count];
        new Random(1).NextBytes(noise);
        return noise;
    }

    private static string[] Words(string line) => line.Split(' ');
}
