using System.Diagnostics;
using Arow.Cli;

namespace Arow.Tests.Unit.Cli;

public sealed class TrialProcessTests
{
    private const string Good = "torch.mm(torch.flatten(x, 1), self.w)";

    [Fact]
    public void A_model_that_ends_the_library_costs_a_line_and_the_next_one_opens()
    {
        using var folder = new TemporaryFolder();
        using var trial = new TrialProcess(BuiltProgram.Trial(folder.Path), new TimeLimit(TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(4)));
        trial.Try(Put("good.pt", TorchScriptWriter.Body(Good)));

        // libtorch throws where its wrapper does not catch.
        var ending = Put("ending.pt", TorchScriptWriter.Body(Good).Replace("w : Tensor", "w : Tensr"));
        var fault = Assert.Throws<InputException>(() => trial.Try(ending));
        Assert.Equal($"{ending.Path}: crashes the library that reads it (Unknown type name 'Tensr':)", fault.Message);

        trial.Try(Put("good.pt", TorchScriptWriter.Body(Good)));
        Assert.Equal(2, trial.Started);
        var other = Put("other.pt", TorchScriptWriter.Body("ops.torchvision.deform_conv2d(x)"));
        Assert.Equal($"{other.Path}: uses the operator torchvision::deform_conv2d, which this libtorch does not have: it belongs to another library or a "
            + "newer PyTorch", Assert.Throws<InputException>(() => trial.Try(other)).Message);
        trial.Try(Put("good.pt", TorchScriptWriter.Body(Good)));
        Assert.Contains("has 5 classes",
            Assert.Throws<InputException>(() => trial.Try(Put("good.pt", TorchScriptWriter.Body(Good)) with { Classes = 4 })).Message);
        // What it prints is no answer, even at the end of its last words.
        var speaking = Put("speaking.pt", TorchScriptWriter.Body("torch.flatten(x, 1)", "print(\"good\")"));
        Assert.Contains("has 189 classes", Assert.Throws<InputException>(() => trial.Try(speaking)).Message);
        Assert.Equal(3, trial.Started);

        ModelSource Put(string name, string code)
        {
            File.WriteAllBytes(folder.File(name), ZipWriter.Write(TorchScriptWriter.Records(code)));
            return new ModelSource(folder.File(name), new InputShape(3, 9, 7), 5);
        }
    }

    [Theory]
    [InlineData("read x; echo '  what():' >&2; echo ' boom' >&2; kill -ABRT $$", "crashes the library that reads it (boom)")]
    [InlineData("read x; kill -SEGV $$", "crashes the library that reads it (exit code 139)")]
    [InlineData("exit 7", "crashes the library that reads it (exit code 7)")]
    public void A_crash_is_said_in_a_line(string script, string says) => IsSaidInALine(script, says, TimeSpan.FromMinutes(4));

    [Theory]
    [InlineData("while read x; do echo good; echo 'arow-trial: good'; done")]
    [InlineData("sleep 1000")]
    public void One_that_does_not_answer_is_stopped_by_the_clock_and_at_once(string script)
    {
        var clock = Stopwatch.StartNew();
        IsSaidInALine(script, "cannot be opened within 0.2 s", TimeSpan.FromSeconds(0.2));
        // Twice. The clock is read as often as its own limit needs, not as that of the processor time, which would be every 12 s.
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(0.4), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void One_that_works_without_end_is_stopped_by_its_processor_time()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the other process is a shell script");
        var start = new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", "while true; do :; done" } };
        using var trial = new TrialProcess(start, new TimeLimit(Processor: TimeSpan.FromSeconds(0.5), Clock: TimeSpan.FromMinutes(4)));
        var fault = Assert.Throws<InputException>(() => trial.Try(new ModelSource("model.pt", new InputShape(1, 2, 2), 2)));
        Assert.Equal("model.pt: cannot be opened within 0.5 s of processor time", fault.Message);
    }

    /// <summary>With one process for each of two models.</summary>
    private static void IsSaidInALine(string script, string says, TimeSpan clock)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the other process is a shell script");
        var start = new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", script } };
        using var trial = new TrialProcess(start, new TimeLimit(Processor: TimeSpan.FromMinutes(4), clock));
        for (var again = 1; again <= 2; again++)
        {
            var fault = Assert.Throws<InputException>(() => trial.Try(new ModelSource("model.pt", new InputShape(1, 2, 2), 2)));
            Assert.Equal($"model.pt: {says}", fault.Message);
            Assert.Equal(again, trial.Started);
        }
    }
}
