namespace Arow.Bench;

/// <summary>What the machine gives at best: the product of two square matrices of 2048 rows.</summary>
/// <param name="Elapsed">Floating-point operations a second by the clock, the best of several.</param>
/// <param name="Processor">Operations in a second of one thread's processor time, the best likewise.</param>
internal sealed record Peak(double Elapsed, double Processor)
{
    private const int Times = 40;

    public static Peak Measure(ScalarType type)
    {
        const long N = 2048;
        const double Operations = 2.0 * N * N * N;
        using var scope = NewDisposeScope();
        var (a, b) = (rand(N, N).to(type), rand(N, N).to(type));
        a.mm(b).Dispose();

        List<Reading> products = [.. Enumerable.Range(0, Times).Select(_ => Reading.Of(() => a.mm(b).Dispose()))];
        return new Peak(Operations / products.Min(p => p.Elapsed), Operations / products.Min(p => p.Processor));
    }
}
