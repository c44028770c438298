using System.Diagnostics;
using System.Globalization;
using Arow.Checkpoints;
using Arow.Cli;
using Arow.Onnx;
using Arow.Tests.Unit.Cli;

namespace Arow.Tests.Fuzz;

/// <summary>
/// Damaged and hostile models, opened as <c>arow evaluate</c> opens them, end in one line: no crash, no hang, no memory for
/// what a file claims, no file written, no code run. <c>AROW_FUZZ</c> says which of them: <c>100000</c> the first so many,
/// <c>1234..1234</c> those from one number to another, as a failure names them (docs/any-model.md).
/// </summary>
public sealed class DamagedModels
{
    private const long MostMemory = 512 << 20;
    private const int Sample = 300;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, int> outcomes = [];
    private readonly List<string> faults = [];
    private volatile int current;

    [Fact]
    public void End_in_one_line()
    {
        var asked = Environment.GetEnvironmentVariable("AROW_FUZZ");
        var numbers = (asked ?? $"{Sample}").Split("..").Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        var (first, last) = numbers.Length == 2 ? (numbers[0], numbers[1]) : (0, numbers[0] - 1);

        using var folder = new TemporaryFolder();
        var models = Directory.CreateDirectory(folder.File("models")).FullName;
        using var trial = new TrialProcess(BuiltProgram.Trial(folder.Path), Limit);
        var files = new SpoiltFiles(folder, folder.File("written"));
        // On a thread of its own, so that one without end can be left behind.
        var clock = Stopwatch.StartNew();
        var work = new Thread(() =>
        {
            for (var number = current = first; number <= last; current = ++number)
            {
                Open(number, files[number], Path.Combine(models, "model"), trial);
                if (asked is not null && number % 1000 == 0) Console.Error.WriteLine($"{number} in {clock.Elapsed.TotalSeconds:f0} s, {faults.Count} faults");
            }
        })
        { IsBackground = true };
        work.Start();
        for (var seen = current; !work.Join(3 * Limit); seen = current)
            if (seen == current) Assert.Fail($"file {current} does not come to an end");

        Assert.Equal(["models"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName));
        if (asked is not null)
        {
            foreach (var (what, count) in outcomes.OrderBy(o => o.Key, StringComparer.Ordinal)) Console.Error.WriteLine($"{count,7} {what}");
            Console.Error.WriteLine($"{trial.Started} processes, {clock.Elapsed.TotalSeconds:f0} s");
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults.Take(20)));
        // Else nothing of the native libraries was tried, or nothing but they.
        foreach (var make in (string[])["pth", "legacy pth", "safetensors", "torchscript", "onnx"])
            Assert.True(last - first < Sample - 1 || outcomes.Keys.Count(o => o.StartsWith($"{make}:", StringComparison.Ordinal)) >= 2, $"{make} comes to one end only");
    }

    private void Open(int number, SpoiltFile file, string path, TrialProcess trial)
    {
        File.WriteAllBytes(path, file.Bytes);
        var (clock, peak, started) = (Stopwatch.StartNew(), PeakMemory(), trial.Started);
        var tried = false;
        string outcome;
        try
        {
            using var scope = NewDisposeScope();
            ModelFile.Open(new ModelSource(path, file.Images, file.Classes)
            {
                Architecture = "tiny-cnn", Onnx = OnnxModel.Open,
                Trial = source =>
                {
                    tried = true;
                    trial.Try(source);
                },
            }).Dispose();
            outcome = "loaded";
        }
        catch (InputException e)
        {
            outcome = e.Message.Contains("brings down", StringComparison.Ordinal) ? "ended the other process" : tried ? "refused by the library" : "refused";
            if (!e.Message.StartsWith(path, StringComparison.Ordinal) || e.Message.Any(char.IsControl)) Fault($"says \"{e.Message}\"");
        }
        catch (Exception e)
        {
            outcome = "failed";
            Fault($"{e.GetType().Name} {FirstImages.Reason(e)} {e.StackTrace?.Split('\n')[0]}");
        }
        outcomes[$"{file.Make}: {outcome}"] = outcomes.GetValueOrDefault($"{file.Make}: {outcome}") + 1;
        if (clock.Elapsed > Limit + Limit) Fault($"took {clock.Elapsed.TotalSeconds:f0} s");
        if (PeakMemory() - peak > MostMemory) Fault($"took {PeakMemory() - peak >> 20} MB");
        if (Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!).Length != 1) Fault("wrote a file");

        void Fault(string what) => faults.Add($"{file.Make} {number}: {what}");
    }

    /// <summary>Of address space, which is taken before it is used; 0 where it is not told.</summary>
    private static long PeakMemory() => !OperatingSystem.IsLinux() ? 0
        : 1024 * long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmPeak:", StringComparison.Ordinal))[7..^2], CultureInfo.InvariantCulture);
}
