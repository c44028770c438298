namespace Arow.Tests.Unit.Attacks;

/// <summary>FAB where the nearest boundary is known in closed form.</summary>
[Numeric]
public sealed class FabTests
{
    public static TheoryData<Norm, bool, bool> Cases
    {
        get
        {
            var all = new TheoryData<Norm, bool, bool>();
            foreach (var norm in Enum.GetValues<Norm>())
            {
                foreach (var targeted in (bool[])[false, true])
                {
                    all.Add(norm, targeted, true);
                    all.Add(norm, targeted, false);
                }
            }
            return all;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void It_turns_a_linear_classifier_a_hair_beyond_its_boundary_and_never_before(Norm norm, bool targeted, bool published)
    {
        // z = (g, −g) with g = w·(x − ½) + gap: from ½ the boundary is gap / ‖w‖ away, in the dual norm, inside the box.
        using var scope = NewDisposeScope();
        const double Gap = 0.2;
        var w = Reference.Wave([1, 1, 4, 5], 1.3, 0.2);
        Tensor f(Tensor images)
        {
            var g = ((images.to(ScalarType.Float64) - 0.5) * w).sum([1, 2, 3]) + Gap;
            return stack([g, -g], 1).to(images.dtype);
        }
        var x = full([1, 1, 4, 5], 0.5, ScalarType.Float32);
        var y = zeros(1, ScalarType.Int64);
        var nearest = Gap / (norm switch
        {
            Norm.Linf => w.abs().sum(),
            Norm.L2 => w.square().sum().sqrt(),
            _ => w.abs().max(),
        }).item<double>();

        // It oversteps by a twentieth, comes back by a tenth and settles within a hundredth.
        var (above, below) = (new ThreatModel(norm, 1.02 * nearest), new ThreatModel(norm, 0.99 * nearest));
        var turned = new Fab(above, targeted).With(Writing(published)).Perturb(f, x, y, Randomness(published));
        Assert.Equal(1, f(turned).argmax(1).item<long>());
        Assert.InRange(above.Distance(turned, x).item<double>() / nearest, 1 - 1e-5, 1.02);

        var short_ = new Fab(below, targeted).With(Writing(published)).Perturb(f, x, y, Randomness(published));
        Assert.Equal(0, f(short_).argmax(1).item<long>());
        if (published) Assert.True((short_ == x).all().item<bool>());
        else Assert.Equal(below.Epsilon, below.Distance(short_, x).item<double>(), 1e-5);
    }

    [Theory, InlineData(Norm.Linf), InlineData(Norm.L2), InlineData(Norm.L1)]
    public void Of_many_classes_the_nearest_boundary_is_crossed(Norm norm)
    {
        // Three linear boundaries: class 3 comes second at the image, but that of class 1 is the nearest, being steeper.
        using var scope = NewDisposeScope();
        var slopes = cat([zeros(1, 12, ScalarType.Float64), Reference.Wave([3, 12], 1.3, 0.2) * tensor(new[] { 9.0, 1, 1 }).reshape(3, 1)]);
        var bias = tensor(new[] { 0.0, -0.3, -0.4, -0.2 });
        Tensor f(Tensor images) => F.linear(images.to(ScalarType.Float64).flatten(1) - 0.5, slopes, bias).to(images.dtype);
        var x = full([1, 1, 3, 4], 0.5, ScalarType.Float32);
        var dual = norm switch
        {
            Norm.Linf => slopes.abs().sum(1),
            Norm.L2 => slopes.square().sum(1).sqrt(),
            _ => slopes.abs().amax([1]),
        };
        var nearest = 0.3 / dual[1].item<double>();
        Assert.True(nearest < (bias.abs() / dual)[2..].min().item<double>() / 2);

        var xAdv = new Fab(new ThreatModel(norm, 1.02 * nearest), Targeted: false)
            .Perturb(f, x, zeros(1, ScalarType.Int64), Randomness(published: false));
        Assert.Equal(1, f(xAdv).argmax(1).item<long>());
    }

    private static Fidelity Writing(bool published) => published ? Fidelity.Published : Fidelity.Corrected;

    private static Noise Randomness(bool published) => published ? Noise.Published(3) : Noise.Keyed(3, zeros(1, ScalarType.Int64));
}
