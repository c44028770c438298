using System.Diagnostics;
using System.Globalization;
using Arow.Distributed;

namespace Arow.Tests.Unit.Distributed;

/// <summary>Processes of real launchers, where there are any: this program again, with the tests of <see cref="MpiProcess"/>.</summary>
[Trait("kind", "cluster")]
public sealed class MpiCommunicatorTests
{
    private static readonly string Executable = Environment.ProcessPath!;

    [Theory]
    [InlineData("openmpi", 3)]
    [InlineData("mpich", 2, Explicit = true)]
    public void Processes_exchange(string launcher, int size) => Assert.Equal(0, Start(launcher, size, nameof(MpiProcess.Exchanges)).ExitCode);

    [Theory]
    [InlineData("openmpi")]
    [InlineData("mpich", Explicit = true)]
    public void One_that_does_not_answer_ends_the_job(string launcher) => EndsAfterDeadline(launcher, 3, nameof(MpiProcess.Waits_in_vain));

    /// <summary>Not within MPI_Finalize, which waits for ever and knows no process.</summary>
    [Fact(Explicit = true)]
    public void One_that_does_not_leave_is_named() => EndsAfterDeadline("openmpi", 2, nameof(MpiProcess.Leaves_in_vain));

    /// <summary>The job as a whole, as by a batch system, whose processes do not all wake up at once.</summary>
    [Fact(Explicit = true)]
    public void A_job_survives_its_suspension() => Assert.Equal(0, Start(
        "openmpi", 2, nameof(MpiProcess.Is_suspended_for_longer_than_the_deadline), (MpiCommunicator.DeadlineVariable, "8")).ExitCode);

    private static void EndsAfterDeadline(string launcher, int size, string test)
    {
        var clock = Stopwatch.StartNew();
        var (exitCode, output) = Start(launcher, size, test, (MpiCommunicator.DeadlineVariable, "4"));
        Assert.NotEqual(0, exitCode);
        Assert.Contains("ended after the deadline", output);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(100), "the other process was waited for");
    }

    /// <summary>Each has half of the pages.</summary>
    [Fact]
    public void Processes_hold_a_tensor_once() => Assert.Equal(0, Start("openmpi", 2, nameof(MpiProcess.Holds_a_tensor_once)).ExitCode);

    /// <summary>And the system has their own copies back, which a process that trains or evaluates would keep.</summary>
    [Fact]
    public void Processes_hold_images_once() => Assert.Equal(0, Start("openmpi", 2, nameof(MpiProcess.Holds_images_once)).ExitCode);

    [Fact]
    public void The_library_of_another_MPI_is_refused() => Assert.Equal(0, Start(
        "openmpi", 2, nameof(MpiProcess.Finds_the_library_of_another_MPI), (MpiCommunicator.LibraryVariable, "libmpich.so.12")).ExitCode);

    [Theory]
    [InlineData("libnone.so", "a launcher of MPI started 2 processes, but libnone.so cannot be loaded; AROW_MPI names the library to use")]
    [InlineData("libc.so.6", "libc.so.6 is not an MPI library")]
    public void What_is_no_library_of_MPI_is_refused(string library, string says)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "libraries have other names there");
        Assert.Equal(says, Assert.Throws<InputException>(() => MpiCommunicator.Join(new Launcher(0, 2, 0, []), library, Assert.Fail)).Message);
    }

    /// <summary>Runs a test of <see cref="MpiProcess"/> in several processes.</summary>
    internal static (int ExitCode, string Output) Start(string launcher, int size, string test, params (string Name, string Value)[] environment)
    {
        var program = $"/usr/bin/mpirun.{launcher}";
        Assert.SkipUnless(File.Exists(program), $"needs {program}: packages openmpi-bin and mpich");
        string[] options = launcher == "openmpi" ? ["--oversubscribe", "--allow-run-as-root"] : [];
        var start = new ProcessStartInfo("timeout", ["-k", "5", "120", program, "-n", $"{size}", .. options, Executable, "-explicit", "only",
            "-method", $"{typeof(MpiProcess).FullName}.{test}", "-noColor"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        start.Environment["AROW_TEST_SIZE"] = $"{size}";
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd() + error.Result;
        process.WaitForExit();
        if (process.ExitCode != 0) TestContext.Current.TestOutputHelper?.WriteLine(output);
        return (process.ExitCode, output);
    }
}

/// <summary>What each process does that a launcher starts for <see cref="MpiCommunicatorTests"/>.</summary>
public sealed class MpiProcess
{
    [Fact(Explicit = true)]
    public void Exchanges()
    {
        var group = ProcessGroup.Join(Launcher.Find()!, Assert.Fail);
        Assert.Equal(Environment.GetEnvironmentVariable("AROW_TEST_SIZE"), $"{group.Size}");
        // Of several messages, the last a short one.
        const int Count = 8_000_001;
        using (var numbers = full([Count], group.Rank + 1f))
        {
            numbers[Count - 1] = 10f * group.Rank;
            group.Sum([numbers]);
            var sum = Enumerable.Range(1, group.Size).Sum();
            Assert.True(((numbers[..(Count - 1)] == sum).all() & (numbers[Count - 1] == 10 * (sum - group.Size))).item<bool>());
            group.Broadcast(numbers.fill_(group.Rank));
            Assert.True((numbers == 0).all().item<bool>());
        }
        Assert.Equal("from the first", group.Broadcast(() => "from the first"));
        Assert.Equal(Enumerable.Range(0, group.Size).Select(r => (double)r), group.Gather(group.Rank).Select(n => n[0]));
        // UCX has not taken the signal by which .NET learns of it.
        string? nothing = null;
        Assert.Throws<NullReferenceException>(() => nothing!.Length);
        group.Leave();
    }

    [Fact(Explicit = true)]
    public void Holds_a_tensor_once()
    {
        const int Count = 1 << 22, Kilobyte = 1 << 10;
        var group = ProcessGroup.Join(Launcher.Find()!, Assert.Fail);
        using (var own = arange(Count, dtype: ScalarType.Int32))
        {
            var (shared, apart) = SharedMemory.Share(group, own);
            Assert.Empty(apart);
            using (shared)
            {
                Assert.True((shared! == own).all().item<bool>());
                group.Any(true);
                var mapping = File.ReadLines("/proc/self/smaps").SkipWhile(line => !line.Contains("memfd:arow", StringComparison.Ordinal)).ToList();
                var pages = mapping.First(line => line.StartsWith("Pss:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
                Assert.Equal(Count * sizeof(int) / Kilobyte / group.Size, int.Parse(pages[1], CultureInfo.InvariantCulture));
                group.Any(true);
            }
        }
        group.Leave();
    }

    [Fact(Explicit = true)]
    public void Holds_images_once()
    {
        const int Count = 16, Side = 1 << 10, Kilobyte = 1 << 10;
        MallocTuning.RetainFreedMemory();
        var group = ProcessGroup.Join(Launcher.Find()!, Assert.Fail);
        using (var images = new ImageSet("made", ones([Count, 3, Side, Side], ScalarType.Byte), zeros(Count, ScalarType.Int64), ["a"]))
        {
            var before = OwnMemory();
            ImageMemory.Share(group, Assert.Fail, images);
            // Other memory may have grown by some of it meanwhile.
            Assert.InRange(before - OwnMemory(), Count * 3 * Side * Side / Kilobyte / 2, int.MaxValue);
        }
        group.Leave();

        static int OwnMemory() => int.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split('\t')[^1], CultureInfo.InvariantCulture);
    }

    [Fact(Explicit = true)]
    public void Waits_in_vain()
    {
        var group = ProcessGroup.Join(Launcher.Find()!, Assert.Fail);
        // The last one; the others wait, and know that of each other, though one comes later.
        if (group.Rank == group.Size - 1) Thread.Sleep(TimeSpan.FromMinutes(2));
        if (group.Rank == 1) Thread.Sleep(TimeSpan.FromSeconds(0.5));
        Assert.Contains($"no answer from process {group.Size - 1} on {Environment.MachineName} for 4 s", Assert.Throws<CommunicationException>(() => group.Any(true)).Message);
        Console.Error.WriteLine("ended after the deadline");
        group.Abort(7);
    }

    [Fact(Explicit = true)]
    public void Is_suspended_for_longer_than_the_deadline()
    {
        var group = ProcessGroup.Join(Launcher.Find()!, Assert.Fail);
        var processes = group.Gather(Environment.ProcessId).Select(process => $"{process[0]}").ToArray();
        // Process 0 waits in the call below when all are suspended, and wakes up first.
        var script = $"sleep 1; kill -STOP {processes[0]} {processes[1]}; sleep 12; kill -CONT {processes[0]}; sleep 3; kill -CONT {processes[1]}";
        using var suspender = group.IsFirst ? Process.Start("sh", ["-c", script]) : null;
        if (!group.IsFirst) Thread.Sleep(TimeSpan.FromSeconds(2));
        group.Any(true);
        suspender?.WaitForExit();
        group.Leave();
    }

    [Fact(Explicit = true)]
    public void Leaves_in_vain()
    {
        var group = ProcessGroup.Join(Launcher.Find()!, Assert.Fail);
        if (!group.IsFirst) Thread.Sleep(TimeSpan.FromMinutes(2));
        Assert.Contains("no answer from process 1 on", Assert.Throws<CommunicationException>(group.Leave).Message);
        Console.Error.WriteLine("ended after the deadline");
        group.Abort(7);
    }

    [Fact(Explicit = true)]
    public void Sums_as_through_the_host()
    {
        var group = ProcessGroup.Join(Launcher.Find()!, Assert.Fail);
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)group.Rank + 1);
        Tensor[] own =
        [
            randn([7, 5], generator: generator), randn([1], generator: generator), randn([3], ScalarType.Float64, generator: generator),
            // Of several parts for each process, and not contiguous.
            randn([100, 50], generator: generator).t(),
        ];
        Tensor[] through = [.. own.Select(t => t.clone())];
        group.Sum(through);
        group.JoinCards(CPU);
        Assert.Equal("NCCL 2.27.3", group.Sums);
        Assert.EndsWith("; sums by NCCL 2.27.3", group.Description);
        for (var again = 0; again < 2; again++)
        {
            Tensor[] between = [.. own.Select(t => t.clone())];
            group.Sum(between);
            Assert.All(between.Zip(through), pair => Assert.Equal(pair.Second.contiguous().bytes.ToArray(), pair.First.contiguous().bytes.ToArray()));
        }
        group.Leave();
    }

    [Fact(Explicit = true)]
    public void Sums_for_ever()
    {
        var group = ProcessGroup.Join(Launcher.Find()!, sentence =>
        {
            Console.Error.WriteLine(sentence);
            Process.GetCurrentProcess().Kill();
        });
        group.JoinCards(CPU);
        using var number = ones(1);
        group.Sum([number]);
    }

    [Fact(Explicit = true)]
    public void Finds_the_library_of_another_MPI() =>
        Assert.Contains("of another MPI than the launcher", Assert.Throws<InputException>(() => ProcessGroup.Join(Launcher.Find()!, Assert.Fail)).Message);
}
