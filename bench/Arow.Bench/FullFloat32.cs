using Arow.Runtime;

namespace Arow.Bench;

/// <summary>
/// Products of float32 on the device beside those of float64 on the CPU: of TF32's ten bits nothing may be seen, or what is
/// reported is not measured in float32.
/// </summary>
internal static class FullFloat32
{
    /// <summary>Sums of some hundred products, each rounded to 2^-24; TF32 is off by 2^-11.</summary>
    private const double Wanted = 2e-5;

    public static CardRow Check(CardOptions options)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        CudaMath.DisableTf32(options.Device);
        var noise = Noise.Keyed(1, arange(16, dtype: ScalarType.Int64));
        var (x, w) = (noise.Normal(zeros(16, 64, 16, 16)), noise.Stream(1).Normal(zeros(16, 64, 3, 3)));
        var convolution = Off(F.conv2d(x.to(options.Device), w.to(options.Device)), F.conv2d(x.to(ScalarType.Float64), w.to(ScalarType.Float64)));
        var (a, b) = (x.reshape(256, 1024), x.reshape(256, 1024).roll(1, 0));
        var product = Off(F.linear(a.to(options.Device), b.to(options.Device)), F.linear(a.to(ScalarType.Float64), b.to(ScalarType.Float64)));
        return new CardRow($"convolution off by {convolution:0.0e0}, product by {product:0.0e0}", $"at most {Wanted:0e0}",
            Math.Max(convolution, product) <= Wanted);
    }

    /// <summary>The largest deviation, by the largest value.</summary>
    private static double Off(Tensor z, Tensor exact) =>
        ((z.cpu().to(ScalarType.Float64) - exact).abs().max() / exact.abs().max()).item<double>();
}
