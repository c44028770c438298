using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Arow.Checkpoints;

namespace Arow.Cli;

/// <summary>
/// A process that opens models in place of this one, one after the other: the counterpart of
/// <see cref="ModelTrial"/>'s hidden command. If a model crashes it, that is reported, and the next model gets a new one.
/// </summary>
/// <param name="start">The program with the hidden command.</param>
/// <param name="limit">The time for a model.</param>
internal sealed class TrialProcess(ProcessStartInfo start, TimeLimit limit) : IDisposable
{
    private const int MaximumErrorLength = 16_000;

    private readonly StringBuilder errors = new();
    private Process? process;

    /// <summary>The number of processes started.</summary>
    public int Started { get; private set; }

    /// <summary>Opens a model in the other process and throws if that fails.</summary>
    /// <exception cref="InputException">It does not open, crashes the process, or exceeds the time limit.</exception>
    public void Try(ModelSource source)
    {
        var request = TrialRequest.FromSource(source);
        var running = process ??= StartProcess();
        try
        {
            running.StandardInput.WriteLine(JsonSerializer.Serialize(request));
            running.StandardInput.Flush();
        }
        catch (IOException)
        {
            // The process has ended already: its error output follows.
        }
        var answer = ReadAnswer(running, request.Mark);
        if (limit.Wait(answer, running) is { } exceeded)
        {
            Stop();
            throw new InputException($"{source.Path}: cannot be opened within {exceeded}");
        }
        if (answer.Result == TrialRequest.Success) return;
        if (answer.Result is { } fault) throw new InputException(fault.Replace(request.Path, source.Path, StringComparison.Ordinal));
        running.WaitForExit();
        var crash = DescribeCrash(running.ExitCode);
        Stop();
        throw new InputException($"{source.Path}: {crash}");
    }

    public void Dispose() => Stop();

    private Process StartProcess()
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;
        var begun = Process.Start(start)!;
        begun.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
            {
                errors.AppendLine(line.Data);
                if (errors.Length > MaximumErrorLength) errors.Remove(0, errors.Length - MaximumErrorLength);
            }
        };
        begun.BeginErrorReadLine();
        Started++;
        return begun;
    }

    /// <summary>Returns the text after the mark, which no model can know; null at the end.</summary>
    private static async Task<string?> ReadAnswer(Process running, string mark)
    {
        while (await running.StandardOutput.ReadLineAsync() is { } line)
        {
            // A model may have written before it, without a line end.
            var at = line.IndexOf(mark, StringComparison.Ordinal);
            if (at >= 0) return line[(at + mark.Length)..];
        }
        return null;
    }

    private void Stop()
    {
        if (process is not { } ended) return;
        if (!ended.HasExited) ended.Kill();
        ended.Dispose();
        process = null;
        lock (errors) errors.Clear();
    }

    /// <summary>Describes the crash, with the library's error output if there is any.</summary>
    private string DescribeCrash(int exitCode)
    {
        List<string> lines;
        lock (errors) lines = [.. errors.ToString().Split('\n').Select(line => line.Trim())];
        var at = lines.FindIndex(line => line.StartsWith("what():", StringComparison.Ordinal));
        var why = at < 0 ? null : lines.Skip(at).Select(line => line.StartsWith("what():", StringComparison.Ordinal) ? line[7..].Trim() : line)
            .FirstOrDefault(line => line.Length > 0);
        return why is not null && TorchScriptModel.DescribeError(why) is { } known ? known : $"crashes the library that reads it ({why ?? $"exit code {exitCode}"})";
    }
}
