namespace Arow;

/// <summary>
/// Randomness, passed in. Every draw names its step, so that what a sample receives does not depend on what was drawn
/// before for others.
/// </summary>
public abstract class Noise
{
    /// <summary>
    /// The same numbers for the same (seed, sample, stream, step), whatever the batch, the order or the thread: a hash
    /// of those four and of the position inside the sample.
    /// </summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="samples">[N], int64: which sample each row of the batch is.</param>
    public static Noise Keyed(long seed, Tensor samples) => new KeyedNoise(seed, samples);

    /// <summary>Numbers drawn one after the other from a generator of torch's, as published code draws them.</summary>
    /// <param name="generator">The generator; null for the global one that <c>torch.manual_seed</c> seeds.</param>
    public static Noise From(Generator? generator = null) => new GeneratorNoise(generator);

    /// <summary>
    /// Numbers as published code draws them: one after the other from torch's global generator, which is seeded anew now
    /// and at every stream with a name (an attack on a batch). What a sample receives depends on its batch. Only one such
    /// noise can be in use at a time, and a random classifier draws from the same generator, as it does there. For attacks in the published writing:
    /// <see cref="Attacks.Fidelity.Published"/>.
    /// </summary>
    /// <param name="seed">The seed, the same for every attack and every batch.</param>
    public static Noise Published(long seed) => new PublishedNoise(seed);

    /// <summary>Uniform on [0, 1), of the shape, type and device of <paramref name="like"/> ([N, …]).</summary>
    public abstract Tensor Uniform(Tensor like, long step = 0);

    /// <summary>Standard normal, of the shape, type and device of <paramref name="like"/> ([N, …]).</summary>
    public abstract Tensor Normal(Tensor like, long step = 0);

    /// <summary>
    /// Uniform numbers on [0, 1) for patterns: first some that each sample has for itself here, but that published code
    /// draws once for the whole batch, then some that each sample has for itself there too.
    /// </summary>
    /// <param name="like">[N, …]: how many samples, and the numbers' type and device.</param>
    /// <param name="shared">How many to share.</param>
    /// <param name="own">How many not to.</param>
    /// <param name="step">As in <see cref="Uniform"/>.</param>
    /// <returns>[N, shared], as published [1, shared], and [N, own].</returns>
    public virtual (Tensor Shared, Tensor Own) Pattern(Tensor like, int shared, int own, long step = 0)
    {
        using var scope = NewDisposeScope();
        var u = Uniform(like.new_empty(like.shape[0], shared + own), step);
        return (u[.., ..shared].MoveToOuterDisposeScope(), u[.., shared..].MoveToOuterDisposeScope());
    }

    /// <summary>An independent family of numbers for the same samples: another attack, another restart.</summary>
    public abstract Noise Stream(long stream);

    /// <summary>An independent family, by name.</summary>
    public virtual Noise Stream(string name) =>
        Stream(name.Aggregate(unchecked((long)0xcbf29ce484222325), (h, c) => unchecked((h ^ c) * 0x100000001b3)));

    /// <summary>The numbers of some of the samples only, in the order of <paramref name="rows"/> ([M], int64).</summary>
    public abstract Noise Rows(Tensor rows);
}

/// <summary>See <see cref="Noise.From"/>; streams, steps and samples have no say in what comes next.</summary>
internal sealed class GeneratorNoise(Generator? generator) : Noise
{
    public override Tensor Uniform(Tensor like, long step) =>
        rand(like.shape, dtype: like.dtype, generator: generator).to(like.device);

    public override Tensor Normal(Tensor like, long step) =>
        randn(like.shape, dtype: like.dtype, generator: generator).to(like.device);

    public override Noise Stream(long stream) => this;

    public override Noise Rows(Tensor rows) => this;
}
