namespace Arow;

/// <summary>See <see cref="Noise.Keyed"/>.</summary>
/// <param name="seed">The seed of the run, mixed with the stream.</param>
/// <param name="samples">[N], int64.</param>
internal sealed class KeyedNoise(long seed, Tensor samples) : Noise
{
    // The increment and the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
    private const long Golden = unchecked((long)0x9e3779b97f4a7c15);
    private const long Mix1 = unchecked((long)0xbf58476d1ce4e5b9);
    private const long Mix2 = unchecked((long)0x94d049bb133111eb);

    public override Tensor Uniform(Tensor like, long step)
    {
        using var scope = NewDisposeScope();
        return ToUnitInterval(like, Bits(like, step)).reshape(like.shape).MoveToOuterDisposeScope();
    }

    public override Tensor Normal(Tensor like, long step)
    {
        // Box-Muller on two independent uniforms, of which the first is never zero.
        using var scope = NewDisposeScope();
        var radius = (-2 * (1 - ToUnitInterval(like, Bits(like, 2 * step))).log()).sqrt();
        var angle = 2 * Math.PI * ToUnitInterval(like, Bits(like, 2 * step + 1, lane: 1));
        return (radius * angle.cos()).reshape(like.shape).MoveToOuterDisposeScope();
    }

    public override Noise Stream(long stream) => new KeyedNoise(Mix(seed + Golden * (stream + 1)), samples);

    public override Noise Rows(Tensor rows) => new KeyedNoise(seed, samples.index_select(0, rows));

    /// <summary>Hashes an integer, for distinct seeds.</summary>
    internal static long Mix(long value)
    {
        unchecked
        {
            var h = (ulong)value;
            h = (h ^ (h >> 30)) * (ulong)Mix1;
            h = (h ^ (h >> 27)) * (ulong)Mix2;
            return (long)(h ^ (h >> 31));
        }
    }

    /// <summary>
    /// Returns independent random bits, [N, numbers per sample], int64. Some uniform and normal draws of one stream share them
    /// (<c>Uniform(2k)</c> and <c>Normal(k)</c>). Other keys would change published results, so a test checks that no stream
    /// draws such a pair.
    /// </summary>
    private Tensor Bits(Tensor like, long step, long lane = 0)
    {
        var perSample = like.shape.Skip(1).Aggregate(1L, (a, b) => a * b);
        var sample = Mix(samples.to(like.device) * Golden + Mix(seed + Golden * (step * 2 + lane + 1)));
        var position = arange(perSample, dtype: ScalarType.Int64, device: like.device) * Golden;
        return Mix(sample.unsqueeze(1) + position.unsqueeze(0));
    }

    /// <summary>Converts as many leading bits as the type holds exactly to a fraction in [0, 1).</summary>
    private static Tensor ToUnitInterval(Tensor like, Tensor bits)
    {
        var digits = like.dtype == ScalarType.Float64 ? 53 : 24;
        return ShiftRight(bits, 64 - digits).to(like.dtype) * Math.Pow(2, -digits);
    }

    private static Tensor Mix(Tensor h)
    {
        h = h.bitwise_xor(ShiftRight(h, 30)) * Mix1;
        h = h.bitwise_xor(ShiftRight(h, 27)) * Mix2;
        return h.bitwise_xor(ShiftRight(h, 31));
    }

    /// <summary>Logical shift, which int64 tensors lack.</summary>
    private static Tensor ShiftRight(Tensor h, int bits) =>
        h.bitwise_right_shift(Constant.Create(bits, h.device)).bitwise_and(Constant.Create((1L << (64 - bits)) - 1, h.device));
}
