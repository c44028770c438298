namespace Arow.Data;

/// <summary>Random numbers of one drawn image: SplitMix64 (Steele, Lea, Flood 2014) with its own state.</summary>
internal sealed class GlyphRandom(Split split, bool colour, int index)
{
    private ulong state = (ulong)KeyedNoise.Mix(
        KeyedNoise.Mix(0x61726f77 + (split == Split.Train ? 0 : 1) + (colour ? 2 : 0)) + index);

    /// <summary>Uniform on [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble()
    {
        state += 0x9e3779b97f4a7c15;
        return ((ulong)KeyedNoise.Mix((long)state) >> 11) * (1.0 / (1UL << 53));
    }

    public double NextInRange(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Returns an integer in [0, n).</summary>
    public int NextInt(int n) => (int)(n * NextDouble());

    /// <summary>Approximately normal with mean 0 and standard deviation 1. It needs no logarithm, which differs between machines.</summary>
    public double NextGaussian() => (NextDouble() + NextDouble() + NextDouble() + NextDouble() - 2) * 1.7320508075688772;
}
