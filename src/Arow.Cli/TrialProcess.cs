using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Arow.Checkpoints;

namespace Arow.Cli;

/// <summary>
/// A process that opens models in place of this one, any number of them one after the other: the other end of
/// <see cref="ModelTrial"/>'s hidden command. Where a model ends it, that is said, and the next model gets a new one.
/// </summary>
/// <param name="start">The program with the hidden command.</param>
/// <param name="timeout">How long a model may take.</param>
internal sealed class TrialProcess(ProcessStartInfo start, TimeSpan timeout) : IDisposable
{
    private const int MaximumErrorLength = 16_000;

    private readonly StringBuilder errors = new();
    private Process? process;

    /// <summary>How many processes there have been.</summary>
    public int Started { get; private set; }

    /// <summary>Throws what comes of opening a model.</summary>
    /// <exception cref="InputException">It does not open, ends the process, or does not come to an end.</exception>
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
            // It is gone already: its last words follow.
        }
        var answer = ReadAnswer(running, request.Mark);
        if (!answer.Wait(timeout))
        {
            Stop();
            throw new InputException($"{source.Path}: is not opened within {Format(timeout)}");
        }
        if (answer.Result == TrialRequest.Success) return;
        if (answer.Result is { } fault) throw new InputException(fault.Replace(request.Path, source.Path, StringComparison.Ordinal));
        running.WaitForExit();
        var crash = DescribeCrash(running.ExitCode);
        Stop();
        throw new InputException($"{source.Path}: {crash}");
    }

    /// <inheritdoc/>
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

    /// <summary>What follows the mark, which no model can know; null at the end.</summary>
    private static async Task<string?> ReadAnswer(Process running, string mark)
    {
        while (await running.StandardOutput.ReadLineAsync() is { } line)
        {
            // A model may have written before it, without an end of line.
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

    /// <summary>The library's last words, if it had any.</summary>
    private string DescribeCrash(int exitCode)
    {
        List<string> lines;
        lock (errors) lines = [.. errors.ToString().Split('\n').Select(line => line.Trim())];
        var at = lines.FindIndex(line => line.StartsWith("what():", StringComparison.Ordinal));
        var why = at < 0 ? null : lines.Skip(at).Select(line => line.StartsWith("what():", StringComparison.Ordinal) ? line[7..].Trim() : line)
            .FirstOrDefault(line => line.Length > 0);
        return $"brings down the library that reads it ({why ?? $"exit code {exitCode}"})";
    }

    private static string Format(TimeSpan time) => time.TotalMinutes >= 2 ? $"{time.TotalMinutes:0} minutes" : $"{time.TotalSeconds:0} s";
}
