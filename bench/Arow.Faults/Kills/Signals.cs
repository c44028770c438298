using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Arow.Faults.Kills;

/// <summary>Ways to end a process, and what it may say of them.</summary>
internal static class Signals
{
    public const int Stop = 19, Continue = 18;

    private const int HangUp = 1, Interrupt = 2, Quit = 3, Kill = 9, Terminate = 15;

    /// <summary>Each as often as it stands here: most are not announced.</summary>
    private static readonly (string Name, int Code, Action<Process, Random> Send)[] Ways =
    [
        ("KILL", Kill, (process, _) => Send(process, Kill)),
        ("KILL", Kill, (process, _) => Send(process, Kill)),
        ("KILL", Kill, (process, _) => Send(process, Kill)),
        ("TERM", Terminate, (process, _) => Send(process, Terminate)),
        ("INT", Interrupt, (process, _) => Send(process, Interrupt)),
        ("INT twice", Interrupt, (process, random) =>
        {
            Send(process, Interrupt);
            process.WaitForExit(random.Next(3) * 100);
            Send(process, Interrupt);
        }),
        ("HUP", HangUp, (process, _) => Send(process, HangUp)),
        ("QUIT", Quit, (process, _) => Send(process, Quit)),
        ("STOP, CONT, KILL", Kill, (process, random) =>
        {
            Send(process, Stop);
            Thread.Sleep(200);
            Send(process, Continue);
            process.WaitForExit(random.Next(500));
            Send(process, Kill);
        }),
    ];

    /// <summary>Ends a process in one of the ways, and waits for it.</summary>
    /// <returns>What was wrong with its end; null if nothing.</returns>
    public static string? End(Process process, Random random)
    {
        const int Signalled = 128;
        var (name, code, send) = Ways[random.Next(Ways.Length)];
        if (!process.HasExited) send(process, random);
        process.WaitForExit();
        // It may have been at its end.
        return process.ExitCode is 0 || process.ExitCode == Signalled + code ? null : $"{name}: exit code {process.ExitCode}";
    }

    /// <summary>
    /// Kills one of the processes that a launcher started, and waits for the end of all; those that are not there yet are not killed.
    /// </summary>
    public static void EndChild(Process launcher, Random random)
    {
        var children = Directory.EnumerateDirectories("/proc").Select(path => Path.GetFileName(path)).Where(name => name.All(char.IsAsciiDigit))
            .Where(name => IsChild(name, launcher.Id)).Select(name => int.Parse(name, CultureInfo.InvariantCulture)).Order().ToList();
        if (children.Count > 0) _ = SendSignal(children[random.Next(children.Count)], Kill);
        launcher.WaitForExit();
    }

    private static bool IsChild(string process, int parent)
    {
        try
        {
            // The number of the parent stands after the name in parentheses and the state.
            var fields = File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ');
            return fields[1] == parent.ToString(CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Sends a signal; nothing where the process is gone.</summary>
    public static void Send(Process process, int signal) => _ = SendSignal(process.Id, signal);

    /// <summary>Starts a process whose words are kept from the terminal.</summary>
    public static Process Quiet(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);
}
