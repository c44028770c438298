using System.Diagnostics;
using Arow.Distributed;

namespace Arow.Tests.Unit.Distributed;

/// <summary>
/// NCCL where there is no card: a library with its functions and signatures (<c>nccl.c</c>) that works in ordinary memory, where there is a compiler.
/// </summary>
[Trait("kind", "cluster")]
public sealed class CardCommunicatorTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("arow-nccl-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>To the bit, with every number of processes: parts are added in the order of the ranks.</summary>
    [Theory]
    [InlineData("openmpi", 2)]
    [InlineData("openmpi", 3)]
    [InlineData("mpich", 2)]
    public void Sums_are_those_through_the_host(string launcher, int size)
    {
        Assert.Equal(0, MpiCommunicatorTests.Start(
            launcher, size, nameof(MpiProcess.Sums_as_through_the_host), (CardCommunicator.LibraryVariable, Compile())).ExitCode);
        Assert.Empty(Directory.GetDirectories(folder));
    }

    [Fact]
    public void A_sum_that_does_not_end_ends_the_job()
    {
        var clock = Stopwatch.StartNew();
        var (exitCode, output) = MpiCommunicatorTests.Start("openmpi", 2, nameof(MpiProcess.Sums_for_ever),
            (CardCommunicator.LibraryVariable, Compile("-DHANGS")), (MpiCommunicator.DeadlineVariable, "4"));
        Assert.NotEqual(0, exitCode);
        Assert.Contains("the cards of the processes have not ended a sum for 4 s: another process has ended, is suspended or cut off", output);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(100), "it was ended by something else");
    }

    [Theory]
    [InlineData("-DVERSION=2408", "is NCCL 2.4.8, and 2.7 or later is needed")]
    [InlineData("-DLACKS_SEND", "is not NCCL: it has no ncclSend")]
    public void Another_library_is_refused(string option, string says)
    {
        var library = Compile(option);
        Assert.Equal($"{library} {says}", Assert.Throws<InputException>(() => new Nccl(library)).Message);
    }

    [Theory]
    [InlineData("libnone.so", "NCCL cannot be loaded: there is no libnone.so")]
    [InlineData("libc.so.6", "libc.so.6 is not NCCL: it has no ncclGetVersion")]
    public void What_is_no_library_of_NCCL_is_refused(string library, string says)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "libraries have other names there");
        Assert.Equal(says, Assert.Throws<InputException>(() => new Nccl(library)).Message);
    }

    [Fact]
    public void A_fault_of_NCCL_is_a_sentence()
    {
        var library = new Nccl(Compile("-DSHARED_CARD"));
        Assert.Equal("NCCL 2.27.3: ncclCommInitRank failed: not possible, as with two processes on one card; NCCL_DEBUG=WARN makes it tell more",
            Assert.Throws<CommunicationException>(() => library.Meet(0, 2, library.CreateIdentifier())).Message);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("off", null)]
    [InlineData("0", null)]
    [InlineData("1", "libnccl.so.2")]
    [InlineData("/opt/libnccl.so", "/opt/libnccl.so")]
    public void It_is_asked_for(string? setting, string? name) => Assert.Equal(name, Nccl.FindName(setting));

    /// <summary>Compiles the library, and returns its path.</summary>
    /// <param name="option">Makes it one with a fault.</param>
    private string Compile(string option = "-DSOUND")
    {
        const string Compiler = "/usr/bin/cc";
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(Compiler), $"needs {Compiler}");
        var library = Path.Combine(folder, "libnccl.so.2");
        var source = Path.Combine(Repository.Root, "tests/Arow.Tests/Unit/Distributed/nccl.c");
        using var compiler = Process.Start(Compiler, ["-shared", "-fPIC", option, $"-DFOLDER=\"{folder}\"", "-o", library, source]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return library;
    }
}
