using System.Runtime.InteropServices;

namespace Arow.Cli;

/// <summary>
/// Ctrl-C and SIGTERM request a stop at the next safe point. This is acknowledged at once, and reported with what is left when it is done;
/// a second signal ends the process.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;

    /// <summary>Listens.</summary>
    /// <param name="stopsAfter">What is still finished: "step"; null to say only that it stops.</param>
    private StopSignals(string? stopsAfter)
    {
        registrations = [Register(PosixSignal.SIGINT, 130), Register(PosixSignal.SIGTERM, 143)];

        PosixSignalRegistration Register(PosixSignal signal, int code) => PosixSignalRegistration.Create(signal, context =>
        {
            if (source.IsCancellationRequested) return;
            ExitCode = code;
            context.Cancel = true;
            // At once: finishing the step or batch may take long.
            Messages.Error($"arow: stopping{(stopsAfter is null ? "" : $" after this {stopsAfter}")} ... (again: at once)");
            source.Cancel();
        });
    }

    public CancellationToken Token => source.Token;

    /// <summary>128 plus the number of the signal, as in shells.</summary>
    public int ExitCode { get; private set; }

    /// <summary>What a stop leaves, and how to go on, as far as the command has come; null to say nothing.</summary>
    public string? Left { get; set; } = "nothing was written";

    /// <summary>Runs a cancellable command; if a signal stopped it, the exit code is that of the signal.</summary>
    public static int RunCancellable(Func<StopSignals, int> command, string? stopsAfter = null)
    {
        using var signals = new StopSignals(stopsAfter);
        int code;
        try
        {
            code = command(signals);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            code = signals.ExitCode;
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
