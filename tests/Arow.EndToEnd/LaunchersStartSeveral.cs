namespace Arow.EndToEnd;

/// <summary>Trainings that a launcher starts in several processes, where there is a launcher: packages openmpi-bin and mpich.</summary>
[Trait("kind", "cluster")]
public sealed class LaunchersStartSeveral
{
    private const string OpenMpi = Launched.OpenMpi, Mpich = Launched.Mpich;

    /// <summary>Without batch norm and dropout: to the bit what one process has that accumulates as many parts.</summary>
    private const string Training = "train --dataset glyphs --model small-cnn --dropout 0 --objective arow --attack-steps 2 --limit-train 200 "
        + "--validation 40 --limit-test 20 --test-attack clean --threads 1 --lr 0.02 --checkpoint-every 0.01";

    /// <summary>With both libraries, by <c>.ci/cluster</c>; <c>dotnet test</c> has the next test.</summary>
    [Fact(Explicit = true)]
    public void Two_processes_have_the_bits_of_two_parts()
    {
        using var arow = new Program();
        arow.RunShell($"\"$0\" {Training} --epochs 2 --batch-size 16 --accumulate 2 --output alone").AssertDone();
        foreach (var (launcher, output) in new[] { (OpenMpi, "openmpi"), (Mpich, "mpich") })
        {
            var outcome = Run(arow, launcher, $"{Training} --epochs 2 --batch-size 32 --output {output}").AssertDone();
            Assert.Equal(File.ReadAllBytes(arow.File("alone/weights.safetensors")), File.ReadAllBytes(arow.File($"{output}/weights.safetensors")));
            Assert.Equal(File.ReadAllBytes(arow.File("alone/evaluation/rows.tsv")), File.ReadAllBytes(arow.File($"{output}/evaluation/rows.tsv")));
            Assert.Contains("\"processes\": 2", File.ReadAllText(arow.File($"{output}/run.json")));
            // The first process speaks for both.
            Assert.Single(outcome.Output.Split('\n'), line => line.Contains("report in", StringComparison.Ordinal));
        }

        // With batch norm, whose statistics are means over the processes.
        var options = Training.Replace("small-cnn --dropout 0", "tiny-cnn");
        Run(arow, OpenMpi, $"{options} --epochs 1 --batch-size 32 --output whole").AssertDone();

        // Batch norm over parts is stamped on the report as another method; over all images the MPI makes no difference.
        Assert.Contains("BATCH NORM OVER PARTS OF BATCHES. Trained by 2 processes of 16 images each", File.ReadAllText(arow.File("whole/report.html")));
        foreach (var (launcher, output) in new[] { (OpenMpi, "sync-openmpi"), (Mpich, "sync-mpich") })
            Run(arow, launcher, $"{options} --epochs 1 --batch-size 32 --sync-norm --output {output}").AssertDone();
        Assert.Equal(File.ReadAllBytes(arow.File("sync-openmpi/weights.safetensors")), File.ReadAllBytes(arow.File("sync-mpich/weights.safetensors")));
        Assert.Contains("\"batch_norm\": \"images of all processes\"", File.ReadAllText(arow.File("sync-mpich/run.json")));
        Assert.Contains("\"mpi\": \"MPICH", File.ReadAllText(arow.File("sync-mpich/run.json")));
        Assert.Contains("\"mpi\": \"Open MPI", File.ReadAllText(arow.File("sync-openmpi/run.json")));
    }

    /// <summary>Masks of dropout are those of the parts, and all processes train the helper.</summary>
    [Fact(Explicit = true)]
    public void Dropout_and_a_helper_that_is_trained_first()
    {
        using var arow = new Program();
        const string Hat = "train --dataset glyphs --model small-cnn --objective hat --helper-model small-cnn --attack-steps 1 --limit-train 80 "
            + "--validation 16 --limit-test 10 --test-attack clean --threads 1 --lr 0.02 --epochs 1";
        var outcome = Run(arow, OpenMpi, $"{Hat} --batch-size 16 --output together").AssertDone();
        Assert.Single(outcome.Error.Split('\n'), line => line.Contains("training the standard helper network first", StringComparison.Ordinal));
        arow.RunShell($"\"$0\" {Hat} --batch-size 8 --accumulate 2 --output alone").AssertDone();
        foreach (var weights in (string[])["weights.safetensors", "helper/weights.safetensors"])
            Assert.Equal(File.ReadAllBytes(arow.File($"alone/{weights}")), File.ReadAllBytes(arow.File($"together/{weights}")));

        // A fault that only one process sees is told by it.
        Directory.CreateDirectory(arow.File("elsewhere"));
        var command = Launched.Command(OpenMpi, "").Replace("\"$0\" ", "sh -c '[ $OMPI_COMM_WORLD_RANK = 0 ] || cd elsewhere; "
            + $"exec \"$0\" {Hat.Replace("--helper-model small-cnn", "--helper alone")} --batch-size 16 --output run' \"$0\"");
        var refused = arow.RunShell(command);
        Assert.Equal(2, refused.ExitCode);
        Assert.Equal("arow: process 1 of 2: helper alone: not a run folder with weights or a weights file",
            Assert.Single(refused.Error.Split('\n'), line => line.StartsWith("arow: ", StringComparison.Ordinal)).Trim());
        Assert.False(Directory.Exists(arow.File("run")));
    }

    [Fact]
    public void The_plan_of_two_processes_is_told_by_the_first()
    {
        using var arow = new Program();
        var outcome = Run(arow, OpenMpi, $"{Training} --batch-size 32 --output run --dry-run").AssertDone();
        foreach (var says in (string[])["processes: 2, each with 16 images of a batch", "by process 0 alone", "time: about"])
            Assert.Single(outcome.Output.Split('\n'), line => line.Contains(says, StringComparison.Ordinal));
        Assert.False(Directory.Exists(arow.File("run")));
    }

    /// <summary>One sentence of one process, and the end of all.</summary>
    [Theory]
    [InlineData("--batch-size 31 --objective arow", "batch-size 31, that of all processes together, is not a multiple of their number, 2")]
    [InlineData("--batch-size 32 --objective arow --device cuda", "device cuda")]
    [InlineData("--batch-size 32 --nonsense", "--nonsense")]
    [InlineData("--batch-size 32 --objective nonsense", "objective 'nonsense' is unknown")]
    public void What_two_processes_cannot_do_is_told_once(string option, string says)
    {
        using var arow = new Program();
        var outcome = Run(arow, OpenMpi, $"{Training.Replace("--objective arow ", "")} --output run {option}");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(says, Assert.Single(outcome.Error.Split('\n'), line => line.StartsWith("arow: ", StringComparison.Ordinal)));
        Assert.False(Directory.Exists(arow.File("run")));
    }

    [Theory]
    [InlineData(OpenMpi, "--version", 0, "0.")]
    [InlineData(OpenMpi, "help train", 0, "Usage: arow train")]
    [InlineData(OpenMpi, "compare nothing.json", 2, "arow: study file 'nothing.json' cannot be read")]
    [InlineData(Mpich, "compare nothing.json", 2, "arow: study file 'nothing.json' cannot be read")]
    [InlineData(Mpich, "", 0, "Usage: arow COMMAND")]
    [InlineData(Mpich, "data list", 0, "glyphs-colour")]
    [InlineData(Mpich, "report . --nonsense", 2, "arow: unknown option --nonsense of 'report'")]
    public void What_all_processes_would_say_alike_is_said_once(string launcher, string arguments, int code, string says)
    {
        using var arow = new Program();
        var outcome = Run(arow, launcher, arguments);
        Assert.Equal(code, outcome.ExitCode);
        Assert.Single((outcome.Output + outcome.Error).Split('\n'), line => line.Contains(says, StringComparison.Ordinal));
        // Open MPI lends its processes a terminal, and the output goes elsewhere.
        Assert.DoesNotContain('\x1b', outcome.Output);
    }

    [Theory]
    [InlineData("SLURM_STEP_NUM_TASKS=2 SLURM_PROCID=0", "srun started 2 processes")]
    [InlineData("RANK=0 WORLD_SIZE=4", "torchrun started 4 processes")]
    [InlineData("RANK=1 WORLD_SIZE=4", null)]
    public void A_launcher_without_MPI_is_refused(string environment, string? says)
    {
        using var arow = new Program();
        foreach (var variable in environment.Split(' ').Select(v => v.Split('='))) arow.Environment[variable[0]] = variable[1];
        var outcome = arow.Run("train", "--dataset", "glyphs", "--objective", "standard", "--output", "run");
        // The first says it.
        if (says is null) Assert.Equal((2, ""), (outcome.ExitCode, outcome.Error));
        else outcome.AssertRefused(says);
        Assert.False(Directory.Exists(arow.File("run")));
    }

    private static Outcome Run(Program arow, string launcher, string arguments) => Launched.Run(arow, launcher, arguments);
}
