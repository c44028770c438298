using System.Runtime.InteropServices;

namespace Arow.Cli;

/// <summary>Ctrl-C and SIGTERM request a stop at the next safe point; a second signal ends the process.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;

    /// <summary>Listens.</summary>
    /// <param name="stopsAfter">What is still finished: "step"; null to say only that it stops.</param>
    public StopSignals(string? stopsAfter = null)
    {
        registrations = [Register(PosixSignal.SIGINT, 130), Register(PosixSignal.SIGTERM, 143)];

        PosixSignalRegistration Register(PosixSignal signal, int code) => PosixSignalRegistration.Create(signal, context =>
        {
            if (source.IsCancellationRequested) return;
            ExitCode = code;
            context.Cancel = true;
            // Said at once: what is finished may take long.
            Messages.Error($"stopping{(stopsAfter is null ? "" : $" after this {stopsAfter}")} ... (again: at once)");
            source.Cancel();
        });
    }

    /// <summary>Runs a cancellable command; if a signal stopped it, the exit code is that of the signal.</summary>
    public static int RunCancellable(Func<StopSignals, int> command, string? stopsAfter = null)
    {
        using var signals = new StopSignals(stopsAfter);
        try
        {
            return command(signals);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            return signals.ExitCode;
        }
    }

    public CancellationToken Token => source.Token;

    /// <summary>128 plus the number of the signal, as in shells.</summary>
    public int ExitCode { get; private set; }

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        source.Dispose();
    }
}
