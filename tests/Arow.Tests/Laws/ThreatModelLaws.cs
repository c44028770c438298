using CsCheck;

namespace Arow.Tests.Laws;

/// <summary>What holds of balls and boxes for all images and perturbations.</summary>
[Numeric]
public sealed class ThreatModelLaws
{
    private const int Pixels = 12;
    private const int Cases = 100;

    private static readonly Gen<(double[] X, double[] Delta, double Epsilon)> Samples =
        Gen.Select(Gen.Double[0, 1].Array[Pixels], Gen.Double[-2, 2].Array[Pixels], Gen.Double[0.01, 3]);

    public static TheoryData<Norm> Norms => [Norm.Linf, Norm.L2, Norm.L1];

    [Theory, MemberData(nameof(Norms))]
    public void Projections_are_allowed_and_stay_where_they_are(Norm norm) => Samples.Sample(s =>
    {
        using var scope = NewDisposeScope();
        var threat = new ThreatModel(norm, s.Epsilon);
        var x = Image(s.X);
        var z = threat.Project(x + Image(s.Delta), x);
        Assert.True(threat.Distance(z, x).item<double>() <= s.Epsilon + 1e-9);
        Assert.InRange(z.min().item<double>(), 0, 1);
        Assert.InRange(z.max().item<double>(), 0, 1);
        Assert.True((threat.Project(z, x) - z).abs().max().item<double>() < 1e-9);
    }, iter: Cases);

    [Theory, MemberData(nameof(Norms))]
    public void What_is_allowed_is_left_alone(Norm norm) => Samples.Sample(s =>
    {
        using var scope = NewDisposeScope();
        var x = Image(s.X);
        var near = x + (0.5 - x) * 0.01;
        var threat = new ThreatModel(norm, 1);
        Assert.True((threat.Project(near, x) - near).abs().max().item<double>() < 1e-12);
    }, iter: Cases);

    [Fact]
    public void No_allowed_point_is_nearer_than_the_L1_projection() => Gen.Select(Samples, Gen.Double[-1, 1].Array[Pixels]).Sample((s, other) =>
    {
        using var scope = NewDisposeScope();
        var threat = new ThreatModel(Norm.L1, s.Epsilon);
        var (x, wished) = (Image(s.X), Image(s.X) + Image(s.Delta));
        var projected = threat.Project(wished, x);
        // Another allowed point, and the way from the projection to it: the distance must not fall along it.
        var rival = threat.Project(projected + 0.1 * Image(other), x);
        Assert.True(((wished - projected) * (rival - projected)).sum().item<double>() <= 1e-9);
    }, iter: Cases);

    [Theory, MemberData(nameof(Norms))]
    public void Starts_are_allowed_and_steps_are_as_long_as_they_should_be(Norm norm) => Samples.Sample(s =>
    {
        using var scope = NewDisposeScope();
        var threat = new ThreatModel(norm, s.Epsilon);
        var x = Image(s.X);
        foreach (var start in Enum.GetValues<Start>())
        {
            var begun = threat.StartPoint(x, start, Noise.Keyed(3, zeros(1, ScalarType.Int64)));
            Assert.True(threat.Distance(begun, x).item<double>() <= s.Epsilon + 1e-9);
            Assert.InRange(begun.min().item<double>(), 0, 1);
        }
        var middle = full_like(x, 0.5);
        var stepped = threat.Step(middle, Image(s.Delta), 0.25);
        Assert.Equal(0.25, threat.Distance(stepped, middle).item<double>(), 1e-9);
    }, iter: Cases);

    private static Tensor Image(double[] pixels) => tensor(pixels).reshape(1, 1, 3, 4);
}
