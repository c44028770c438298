using System.Diagnostics;
using System.Globalization;

namespace Arow.Bench;

/// <summary>Peak resident memory of a few training steps, each kind in a process of its own.</summary>
internal static class Memory
{
    public const string Option = "--memory";

    /// <summary>In MB, of a new process that takes some steps of one kind.</summary>
    public static double Peak(Job job, string kind)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        // Under "dotnet run" and "dotnet Arow.Bench.dll" the process is the host's.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (var word in (string[])[Option, kind, job.Architecture]) start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return double.Parse(said, CultureInfo.InvariantCulture);
    }

    /// <summary>The child's part.</summary>
    public static void Report(string kind, string architecture)
    {
        var job = Job.Main.Single(j => j.Architecture == architecture);
        using var network = job.CreateNetwork();
        using var scope = NewDisposeScope();
        var (x, y) = job.Images();
        using IStep step = kind == nameof(Published) ? new Published(network) : new Ours(network, job);
        for (var i = 0; i < 2; i++) step.Take(x, y);
        using var self = Process.GetCurrentProcess();
        Console.WriteLine((self.PeakWorkingSet64 / 1e6).ToString("0", CultureInfo.InvariantCulture));
    }
}
