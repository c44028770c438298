using System.Diagnostics;

namespace Arow.Bench;

/// <summary>What the machine gives at best: the product of two square matrices of 2048 rows.</summary>
/// <param name="Elapsed">Floating-point operations a second by the clock, the best of several.</param>
/// <param name="Processor">Operations in a second of one thread's processor time, over all of them.</param>
internal sealed record Peak(double Elapsed, double Processor)
{
    public static Peak Measure(ScalarType type, int times)
    {
        const long N = 2048;
        const double Operations = 2.0 * N * N * N;
        using var scope = NewDisposeScope();
        using var self = Process.GetCurrentProcess();
        var (a, b) = (rand(N, N).to(type), rand(N, N).to(type));
        a.mm(b).Dispose();

        var (best, before) = (double.PositiveInfinity, self.TotalProcessorTime);
        for (var i = 0; i < times; i++)
        {
            var clock = Stopwatch.StartNew();
            a.mm(b).Dispose();
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }
        self.Refresh();
        return new Peak(Operations / best, times * Operations / (self.TotalProcessorTime - before).TotalSeconds);
    }
}
