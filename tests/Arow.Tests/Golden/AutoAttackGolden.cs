using System.Text.Json;

namespace Arow.Tests.Golden;

/// <summary>The parts of AutoAttack against the published code, drawing as it draws: the same images fall.</summary>
[Numeric]
public sealed class AutoAttackGolden
{
    /// <summary>Margins are stored with five digits and are sums of float32.</summary>
    private const double Tolerance = 1e-4;

    /// <summary>The rows were computed with fewer queries of Square, and with one start and nine targets for parts alone.</summary>
    private static readonly Dictionary<string, AttackBudget> Known = new()
    {
        ["apgd-ce"] = AttackBudget.Default, ["apgd-dlr"] = AttackBudget.Default, ["apgd-t"] = AttackBudget.Default,
        ["standard"] = new(Queries: 1000),
    };

    private static JsonElement File => Reference.Read("attacks.json").GetProperty("autoattack");

    public static TheoryData<(string Part, Norm Norm)> Rows => new TheoryData<(string Part, Norm Norm)>(
        File.GetProperty("rows").EnumerateArray().Select(row => (Part(row), NormOf(row))).Where(row => Known.ContainsKey(row.Item1)))
        .WithExplicit(("standard", Norm.L1), ("standard", Norm.L2));

    [Theory, MemberData(nameof(Rows))]
    public void The_same_images_stay_robust_with_the_same_margins((string Part, Norm Norm) attacked)
    {
        var (part, norm) = attacked;
        using var scope = NewDisposeScope();
        var row = File.GetProperty("rows").EnumerateArray().Single(r => Part(r) == part && NormOf(r) == norm);
        var wave = File.GetProperty("image_wave").Numbers();
        var f = Reference.ToyNetwork(Reference.Read("attacks.json").GetProperty("net_seed").GetDouble());
        var x = Reference.Image([File.GetProperty("n").GetInt64(), 3, 8, 8], wave[0], wave[1]).to(ScalarType.Float32);
        var y = File.GetProperty("labels").Labels();
        var name = part == "standard" ? "autoattack" : part;
        var attack = Catalog.Attacks[name].Create(new ThreatModel(norm, row.GetProperty("eps").GetDouble()), Known[part]);

        Tensor Attacked(Tensor images) =>
            f(attack.With(Fidelity.Published).Perturb(f, images, y, Noise.Published(row.GetProperty("seed").GetInt64())));
        var z = Attacked(x);

        var stillRight = (z.argmax(1) == y).data<bool>().ToArray();
        Assert.Equal(row.GetProperty("robust").EnumerateArray().Select(r => r.GetInt32() == 1), stillRight);
        var off = (tensor(row.GetProperty("margins").Numbers()) - Losses.Margin(z, y)).abs();
        var far = (off > Tolerance).nonzero().flatten();
        if (far.shape[0] == 0) return;

        // A path of hundreds of steps may magnify the last bit of a pixel, and so that of a sum, which is another on another processor. Of few
        // images, and by no
        // more than when it is the pixels' last bits that change.
        Assert.InRange(far.shape[0], 0, y.shape[0] / 10);
        var moved = Enumerable.Range(1, 3)
            .Select(k => (Losses.Margin(Attacked((x * (1 + k * Math.Pow(2, -23))).clamp_max(1)), y) - Losses.Margin(z, y)).abs()).ToArray();
        var largest = stack(moved, 0).amax([0]);
        Assert.True((off.index_select(0, far) <= 10 * largest.index_select(0, far)).all().item<bool>(),
            $"differs by {(double)off.max():g3}, and by {(double)largest.max():g3} where pixels change in their last bits");
    }

    private static string Part(JsonElement row) => row.GetProperty("part").GetString()!;

    private static Norm NormOf(JsonElement row) => Enum.Parse<Norm>(row.GetProperty("norm").GetString()!);
}
