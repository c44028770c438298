using System.Text.Json;

namespace Arow.Tests.Golden;

/// <summary>PGD against the published attacks/pgd.py: the same perturbations, pixel for pixel.</summary>
[Numeric]
public sealed class PgdGolden
{
    private const double Tolerance = 1e-6;

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, File.GetProperty("rows").GetArrayLength())];

    private static JsonElement File => Reference.Read("attacks.json");

    [Fact]
    public void The_toy_network_is_the_one_of_the_file()
    {
        using var scope = NewDisposeScope();
        Reference.AssertClose(File.GetProperty("clean_logits").Numbers(), Network(Images(ScalarType.Float64)), 1e-9);
    }

    [Theory, MemberData(nameof(Rows))]
    public void Perturbations_and_logits_are_the_published_ones(int index)
    {
        using var scope = NewDisposeScope();
        var row = File.GetProperty("rows")[index];
        var ε = row.GetProperty("eps").GetDouble();
        var threat = new ThreatModel(Norm.Linf, ε);
        var goal = AttackLoss.All.Single(g => g.Name == row.GetProperty("criterion").GetString());
        var start = row.GetProperty("start").GetString()!;
        var drawn = start.StartsWith("uniform", StringComparison.Ordinal);
        var x = Images(drawn ? ScalarType.Float32 : ScalarType.Float64);
        if (drawn) manual_seed(5);

        var attack = new Pgd(
            threat, goal, row.GetProperty("steps").GetInt32(), row.GetProperty("step").GetDouble(),
            start == "x" ? Start.None : Start.Uniform);
        var noise = drawn ? Noise.From() : new WaveNoise();
        var xAdv = attack.Perturb(Network, x, File.GetProperty("labels").Labels(), noise);

        if (row.TryGetProperty("delta_over_eps", out var δ)) Reference.AssertClose(δ.Numbers(), (xAdv - x) / ε, Tolerance);
        Reference.AssertClose(row.GetProperty("logits").Numbers(), Network(xAdv), Tolerance);
    }

    private static Classifier Network => Reference.ToyNetwork(File.GetProperty("net_seed").GetDouble());

    private static Tensor Images(ScalarType type)
    {
        var wave = File.GetProperty("image_wave").Numbers();
        return Reference.Image([File.GetProperty("n").GetInt64(), 3, 8, 8], wave[0], wave[1]).to(type);
    }

    /// <summary>The start that the file's rows name: x + ε·wave(2.3, 0.7).</summary>
    private sealed class WaveNoise : Noise
    {
        public override Tensor Uniform(Tensor like, long step = 0) => (Reference.Wave(like.shape, 2.3, 0.7) + 1) / 2;
        public override Tensor Normal(Tensor like, long step = 0) => throw new NotSupportedException();
        public override Noise Stream(long stream) => this;
        public override Noise Rows(Tensor rows) => this;
    }
}
