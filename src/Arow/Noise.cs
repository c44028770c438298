namespace Arow;

/// <summary>
/// A source of random numbers, passed in explicitly. Every draw names its step, so that the numbers of a sample do not depend
/// on earlier draws for others.
/// </summary>
/// <example>
/// <code>
/// var noise = Noise.Keyed(seed: 0, samples: images.Indices[..100]);
/// var u = noise.Stream("mine").Uniform(x);              // the same for a sample in every batch
/// </code>
/// </example>
public abstract class Noise
{
    /// <summary>
    /// Creates counter-based noise: the same numbers for the same (seed, sample, stream, step), whatever the batch, the order or
    /// the thread, by a hash of those four and of the position inside the sample.
    /// </summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="samples">[N], int64: the sample of each row of the batch.</param>
    public static Noise Keyed(long seed, Tensor samples) => new KeyedNoise(seed, samples);

    /// <summary>Creates noise that draws sequentially from a torch generator, as published code does.</summary>
    /// <param name="generator">The generator; null for the global one that <c>torch.manual_seed</c> seeds.</param>
    public static Noise From(Generator? generator = null) => new GeneratorNoise(generator);

    /// <summary>
    /// Creates noise that draws as published code does: sequentially from torch's global generator, which is reseeded now and
    /// at every named stream (an attack on a batch). The numbers of a sample depend on its batch. Only one such noise can be in
    /// use at a time, and a random classifier draws from the same generator, as in published code. For attacks of
    /// <see cref="Attacks.Fidelity.Published"/>.
    /// </summary>
    /// <param name="seed">The seed, the same for every attack and every batch.</param>
    public static Noise Published(long seed) => new PublishedNoise(seed);

    /// <summary>Uniform on [0, 1), of the shape, type and device of <paramref name="like"/> ([N, …]).</summary>
    public abstract Tensor Uniform(Tensor like, long step = 0);

    /// <summary>Standard normal, of the shape, type and device of <paramref name="like"/> ([N, …]).</summary>
    public abstract Tensor Normal(Tensor like, long step = 0);

    /// <summary>
    /// Draws uniform numbers on [0, 1) for patterns: first numbers that published code draws once for the whole batch, then
    /// numbers of each sample. Here each sample has its own numbers of both kinds.
    /// </summary>
    /// <param name="like">[N, …]: gives the number of samples, the type and the device.</param>
    /// <param name="shared">How many numbers published code shares.</param>
    /// <param name="own">How many numbers each sample has of its own.</param>
    /// <param name="step">See <see cref="Uniform"/>.</param>
    /// <returns>[N, shared], in published code [1, shared], and [N, own].</returns>
    public virtual (Tensor Shared, Tensor Own) Pattern(Tensor like, int shared, int own, long step = 0)
    {
        using var scope = NewDisposeScope();
        var u = Uniform(like.new_empty(like.shape[0], shared + own), step);
        return (u[.., ..shared].MoveToOuterDisposeScope(), u[.., shared..].MoveToOuterDisposeScope());
    }

    /// <summary>Returns an independent stream for the same samples: another attack, another restart.</summary>
    public abstract Noise Stream(long stream);

    /// <summary>Returns an independent stream, by name.</summary>
    public virtual Noise Stream(string name) =>
        Stream(name.Aggregate(unchecked((long)0xcbf29ce484222325), (h, c) => unchecked((h ^ c) * 0x100000001b3)));

    /// <summary>Returns the noise of some of the samples, in the order of <paramref name="rows"/> ([M], int64).</summary>
    public abstract Noise Rows(Tensor rows);
}

/// <summary>See <see cref="Noise.From"/>; streams, steps and samples have no effect.</summary>
internal sealed class GeneratorNoise(Generator? generator) : Noise
{
    public override Tensor Uniform(Tensor like, long step) =>
        rand(like.shape, dtype: like.dtype, generator: generator).to(like.device);

    public override Tensor Normal(Tensor like, long step) =>
        randn(like.shape, dtype: like.dtype, generator: generator).to(like.device);

    public override Noise Stream(long stream) => this;

    public override Noise Rows(Tensor rows) => this;
}
