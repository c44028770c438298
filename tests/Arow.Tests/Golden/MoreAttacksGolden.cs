using System.Text.Json;

namespace Arow.Tests.Golden;

/// <summary>Attacks without randomness against published code: what was run, and on what, stands in more-attacks.json.</summary>
[Numeric]
public sealed class MoreAttacksGolden
{
    /// <summary>Float64 on both sides; foolbox keeps its c in float32, whence 1e-7 relative, carried through 40 steps.</summary>
    private const double Tolerance = 1e-6;

    private const double Everywhere = 100;

    private static JsonElement File => Reference.Read("more-attacks.json");

    public static TheoryData<int> Exact => [.. Enumerable.Range(0, File.GetProperty("rows").GetArrayLength())
        .Where(i => File.GetProperty("rows")[i].GetProperty("attack").GetString() != "deepfool-converged")];

    [Theory, MemberData(nameof(Exact))]
    public void Images_are_those_of_the_published_code(int index)
    {
        using var scope = NewDisposeScope();
        var row = File.GetProperty("rows")[index];
        var steps = row.GetProperty("steps").GetInt32();
        IAttack attack = row.GetProperty("attack").GetString() switch
        {
            "mim" => new Mim(new ThreatModel(Norm.Linf, row.GetProperty("eps").GetDouble()), steps),
            "deepfool" => new DeepFool(new ThreatModel(Norm.L2, Everywhere), steps),
            "cw" => new CarliniWagner(new ThreatModel(Norm.L2, Everywhere), steps)
            {
                BinarySearchSteps = row.GetProperty("rounds").GetInt32(), InitialConstant = row.GetProperty("first_c").GetDouble(),
                AbortEarly = false, MinimizePerturbation = true,
            },
            _ => new ElasticNet(new ThreatModel(Norm.L1, Everywhere), steps)
            {
                BinarySearchSteps = row.GetProperty("rounds").GetInt32(), InitialConstant = row.GetProperty("first_c").GetDouble(),
                Rule = row.GetProperty("rule").GetString() == "L1" ? DecisionRule.L1 : DecisionRule.ElasticNet,
                AbortEarly = false, MinimizePerturbation = true,
            },
        };

        var xAdv = Run(attack);

        foreach (var (norm, name) in ((Norm, string)[])[(Norm.L2, "l2"), (Norm.L1, "l1"), (Norm.Linf, "linf")])
            Reference.AssertClose(row.GetProperty(name).Numbers(), Lengths(norm, xAdv), norm == Norm.L1 ? 10 * Tolerance : Tolerance);
        Reference.AssertClose(row.GetProperty("logits").Numbers(), Reference.ToyNetwork(0)(xAdv), Tolerance);
    }

    [Theory, InlineData(Norm.L2, "l2"), InlineData(Norm.Linf, "linf")]
    public void DeepFool_ends_as_near_as_the_published_variant(Norm norm, string name)
    {
        using var scope = NewDisposeScope();
        var row = File.GetProperty("rows").EnumerateArray().Single(
            r => r.GetProperty("attack").GetString() == "deepfool-converged" && r.GetProperty("norm").GetString() == name);
        var xAdv = Run(new DeepFool(new ThreatModel(norm, Everywhere)));
        Assert.True((Reference.ToyNetwork(0)(xAdv).argmax(1) != File.GetProperty("labels").Labels()).all().item<bool>());
        // Within the overshooting of 2 %, once for all there is here, once a step there is there.
        var share = Lengths(norm, xAdv) / tensor(row.GetProperty(name).Numbers());
        Assert.InRange(share.max().item<double>(), 0.95, 1.02);
        Assert.InRange(share.min().item<double>(), 0.95, 1.02);
    }

    private static Tensor Images => Reference.Image(
        [File.GetProperty("n").GetInt64(), 3, 8, 8], File.GetProperty("image_wave")[0].GetDouble(), File.GetProperty("image_wave")[1].GetDouble());

    private static Tensor Run(IAttack attack) =>
        attack.Perturb(Reference.ToyNetwork(0), Images, File.GetProperty("labels").Labels(), Noise.From());

    private static Tensor Lengths(Norm norm, Tensor xAdv) => new ThreatModel(norm, Everywhere).Distance(xAdv, Images);
}
