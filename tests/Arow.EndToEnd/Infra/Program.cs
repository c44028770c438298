using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Arow.EndToEnd.Infra;

/// <summary>What a run of the program came to.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    /// <summary>The last line of standard output, which <c>--json</c> makes an object.</summary>
    public JsonElement Json => JsonDocument.Parse(Output.TrimEnd('\n').Split('\n')[^1]).RootElement;

    /// <summary>Bad input: exit 2, one line on standard error that says the given words, no trace of a stack.</summary>
    public void AssertRefused(params string[] words)
    {
        Assert.True(ExitCode == 2, $"exit {ExitCode}: {Error}");
        var line = Assert.Single(Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("arow: ", line);
        foreach (var word in words) Assert.Contains(word, line);
        Assert.DoesNotContain("   at ", Error);
    }

    public Outcome AssertDone()
    {
        Assert.True(ExitCode == 0, $"exit {ExitCode}: {Error}");
        return this;
    }
}

/// <summary>The built program, run as a user would, in a folder of its own.</summary>
internal sealed class Program : IDisposable
{
    private static readonly string Executable = Find();

    /// <summary>The folder that the program is in.</summary>
    public static string Home => Path.GetDirectoryName(Executable)!;

    /// <summary>The repository: artifacts/bin/Arow.Cli/release lies four folders below it.</summary>
    public static string Root => Path.GetFullPath(Path.Combine(Home, "../../../.."));

    public string Folder { get; } = Directory.CreateTempSubdirectory("arow-e2e-").FullName;

    /// <summary>One thread each: tests run side by side, and their threads would wait for each other.</summary>
    public Dictionary<string, string> Environment { get; } = new() { ["OMP_NUM_THREADS"] = "1" };

    /// <summary>Resized images are kept in the folder, and not with those of the user, where a second run of a test would find them.</summary>
    public Program() => Environment["AROW_CACHE"] = File("cache");

    public string File(string name) => Path.Combine(Folder, name);

    public Outcome Run(params string[] arguments) => Outcome(Start(arguments));

    /// <summary>By a shell, which redirects what the program says: <c>2&gt;/dev/full</c>.</summary>
    public Outcome RunTold(string redirection, params string[] arguments) =>
        Outcome(Start("/bin/sh", ["-c", $"exec \"$0\" \"$@\" {redirection}", Executable, .. arguments]));

    /// <summary>By bash, to which the program is <c>$0</c>.</summary>
    public Outcome RunShell(string script) => Outcome(Start("/bin/bash", ["-c", script, Executable]));

    /// <summary>Another program, in the same folder and environment.</summary>
    public Outcome RunOther(string executable, params string[] arguments) => Outcome(Start(executable, arguments));

    /// <summary>
    /// On a terminal of so many columns, which <c>script</c> makes; both outputs come as one, with the terminal's signs. Skips the test where
    /// there is no <c>script</c>.
    /// </summary>
    public Outcome RunInTerminal(int columns, params string[] arguments) => Outcome(StartInTerminal(columns, arguments));

    /// <summary>The same where Ctrl-C is pressed once the program has said something.</summary>
    /// <param name="columns">Of the terminal.</param>
    /// <param name="pattern">What it says first.</param>
    /// <param name="arguments">Of the program.</param>
    public Outcome StopInTerminal(int columns, string pattern, params string[] arguments)
    {
        using var process = StartInTerminal(columns, arguments, isTypedInto: true);
        var shown = "";
        var buffer = new char[4096];
        var isStopped = false;
        while (process.StandardOutput.Read(buffer) is > 0 and var count)
        {
            shown += new string(buffer, 0, count);
            if (isStopped || !Regex.IsMatch(shown, pattern)) continue;
            process.StandardInput.Write('\x03');
            process.StandardInput.Flush();
            isStopped = true;
        }
        Assert.True(isStopped, shown);
        process.WaitForExit();
        return new Outcome(process.ExitCode, shown, "");
    }

    /// <summary>The same, to be waited for.</summary>
    public Process StartInTerminal(int columns, params string[] arguments) => StartInTerminal(columns, arguments, isTypedInto: false);

    private Process StartInTerminal(int columns, string[] arguments, bool isTypedInto)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && System.IO.File.Exists("/usr/bin/script"), "needs util-linux's script");
        var words = string.Join(' ', arguments.Prepend(Executable).Select(word => $"'{word}'"));
        Environment["TERM"] = "xterm";
        Environment.TryAdd("NO_COLOR", "");
        // Tests that are begun by & in a script ignore Ctrl-C, and so would the program.
        return Start("/usr/bin/script", ["-qec", $"stty cols {columns} rows 40; exec env --default-signal=INT {words}", "/dev/null"], isTypedInto);
    }

    public Process Start(params string[] arguments) => Start(Executable, arguments);

    /// <summary>The same where nobody asks what it says, which must not fill the pipe.</summary>
    public Process StartUnheard(params string[] arguments)
    {
        var process = Start(arguments);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>
    /// Sends a signal, such as INT, which is Ctrl-C. Skips the test where INT is ignored because the tests were begun so, as by <c>&amp;</c> in a
    /// script:
    /// programs that they start ignore it then, and would go on to their end.
    /// </summary>
    public static void Send(string signal, Process process)
    {
        const ulong Int = 1UL << 1;
        if (signal == "INT" && OperatingSystem.IsLinux())
        {
            var ignored = System.IO.File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))
                .Split('\t')[1];
            if ((Convert.ToUInt64(ignored, 16) & Int) != 0)
            {
                process.Kill();
                Assert.Skip("the tests were begun with Ctrl-C ignored");
            }
        }
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        kill.WaitForExit();
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static Outcome Outcome(Process started)
    {
        using var process = started;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output, error.Result);
    }

    private Process Start(string executable, string[] arguments, bool isTypedInto = false)
    {
        var start = new ProcessStartInfo(executable)
        {
            WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = isTypedInto,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        try
        {
            // The tests of Arow.Tests, which run one after the other beside these, take longer: they have a core to themselves.
            process.PriorityClass = ProcessPriorityClass.BelowNormal;
        }
        catch (Exception fault) when (fault is InvalidOperationException or Win32Exception)
        {
            // It has ended.
        }
        return process;
    }

    private static string Find()
    {
        // artifacts/bin/Arow.EndToEnd/<configuration>/ beside artifacts/bin/Arow.Cli/<configuration>/arow
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var program = Path.Combine(own.Parent!.Parent!.FullName, "Arow.Cli", own.Name, OperatingSystem.IsWindows() ? "arow.exe" : "arow");
        return System.IO.File.Exists(program) ? program : throw new InvalidOperationException($"{program} is not built");
    }
}
