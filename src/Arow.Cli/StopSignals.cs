using System.Runtime.InteropServices;
using Arow.Data;

namespace Arow.Cli;

/// <summary>
/// Ctrl-C and SIGTERM request a stop at the next safe point. This is acknowledged at once, and reported with what is left when it is done;
/// a second signal ends the process.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;

    private StopSignals()
    {
        registrations = [Register(PosixSignal.SIGINT, 130), Register(PosixSignal.SIGTERM, 143)];

        PosixSignalRegistration Register(PosixSignal signal, int code) => PosixSignalRegistration.Create(signal, context =>
        {
            if (source.IsCancellationRequested) return;
            ExitCode = code;
            context.Cancel = true;
            // At once: finishing the step or batch may take long.
            Messages.Error($"arow: stopping{(StopsAfter is null ? "" : $" after this {StopsAfter}")} ... (again: at once)");
            source.Cancel();
        });
    }

    public CancellationToken Token => source.Token;

    /// <summary>128 plus the number of the signal, as in shells.</summary>
    public int ExitCode { get; private set; }

    /// <summary>What is still finished, as far as the command has come: "step"; null to say only that it stops.</summary>
    public string? StopsAfter { get; set; }

    /// <summary>What a stop leaves, and how to go on, as far as the command has come; null to say nothing.</summary>
    public string? Left { get; set; } = "no results were written";

    /// <summary>
    /// Runs a cancellable command, which need not pass the token to what reads images; if a signal stopped it, the exit code is that of the signal.
    /// </summary>
    public static int RunCancellable(Func<StopSignals, int> command)
    {
        using var signals = new StopSignals();
        ReadingProgress.Stop = signals.Token;
        int code;
        try
        {
            code = command(signals);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            code = signals.ExitCode;
        }
        finally
        {
            ReadingProgress.Stop = CancellationToken.None;
        }
        // A command to copy is not broken.
        if (code != 0 && code == signals.ExitCode && signals.Left is { } left) Messages.Error($"arow: stopped; {left}", wrap: false);
        return code;
    }

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        source.Dispose();
    }
}
