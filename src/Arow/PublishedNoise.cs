namespace Arow;

/// <summary>See <see cref="Noise.Published"/>.</summary>
internal sealed class PublishedNoise : Noise
{
    private readonly long initialSeed;

    public PublishedNoise(long seed)
    {
        initialSeed = seed;
        Reseed();
    }

    public override Tensor Uniform(Tensor like, long step) => rand(like.shape, dtype: like.dtype).to(like.device);

    public override Tensor Normal(Tensor like, long step) => randn(like.shape, dtype: like.dtype).to(like.device);

    public override (Tensor Shared, Tensor Own) Pattern(Tensor like, int shared, int own, long step)
    {
        // One draw of many numbers equals many draws of few numbers in order.
        using var scope = NewDisposeScope();
        var u = Uniform(like.new_empty(shared + like.shape[0] * own), step);
        return (u[..shared].unsqueeze(0).MoveToOuterDisposeScope(), u[shared..].reshape(like.shape[0], own).MoveToOuterDisposeScope());
    }

    public override Noise Stream(long stream) => this;

    public override Noise Stream(string name)
    {
        Reseed();
        return this;
    }

    public override Noise Rows(Tensor rows) => this;

    private void Reseed()
    {
        using var generator = manual_seed(initialSeed);
        if (cuda.is_available()) cuda.manual_seed_all(initialSeed);
    }
}
