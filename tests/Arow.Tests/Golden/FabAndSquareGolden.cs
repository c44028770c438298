using System.Text.Json;

namespace Arow.Tests.Golden;

/// <summary>FAB and Square against the published code: the same images turned, the same margins at the points returned.</summary>
[Numeric]
public sealed class FabAndSquareGolden
{
    public static TheoryData<int> Rows => [.. Enumerable.Range(0, Ensemble.GetProperty("rows").GetArrayLength()).Where(IsOurs)];

    private static JsonElement File => Reference.Read("attacks.json");

    private static JsonElement Ensemble => File.GetProperty("autoattack");

    [Theory, MemberData(nameof(Rows))]
    public void The_same_images_fall_at_the_same_margins(int index)
    {
        using var scope = NewDisposeScope();
        var row = Ensemble.GetProperty("rows")[index];
        var threat = new ThreatModel(Enum.Parse<Norm>(row.GetProperty("norm").GetString()!), row.GetProperty("eps").GetDouble());
        var budget = new Attacks.AttackBudget(Restarts: 1);
        if (row.GetProperty("part").GetString() == "square") budget = budget with { Queries = 1000 };
        var attack = Catalog.Attacks[row.GetProperty("part").GetString()!].Create(threat, budget);

        var f = Reference.ToyNetwork(File.GetProperty("net_seed").GetDouble());
        var wave = Ensemble.GetProperty("image_wave").Numbers();
        var x = Reference.Image([Ensemble.GetProperty("n").GetInt64(), 3, 8, 8], wave[0], wave[1]).to(ScalarType.Float32);
        var y = Ensemble.GetProperty("labels").Labels();
        // The ensemble attacks what is classified rightly to begin with.
        var right = (f(x).argmax(1) == y).nonzero().flatten();
        var (original, label) = (x.index_select(0, right), y.index_select(0, right));
        var xAdv = x.clone();
        xAdv.index_copy_(0, right, attack.With(Arow.Attacks.Fidelity.Published)
            .Perturb(f, original, label, Noise.Published(row.GetProperty("seed").GetInt64()).Stream(attack.Name)));

        var z = f(xAdv);
        var robust = row.GetProperty("robust").Labels();
        Assert.True(((z.argmax(1) == y).to(ScalarType.Int64) == robust).all().item<bool>());
        // Five digits are in the file. Square in L1 divides by what rounding leaves of pixels that should be back at their
        // original: its path is not to be had to the last digit.
        if (threat.Norm != Norm.L1 || attack is Attacks.Fab) Reference.AssertClose(row.GetProperty("margins").Numbers(), Losses.Margin(z, y), 1e-4);
    }

    private static bool IsOurs(int index) =>
        Ensemble.GetProperty("rows")[index].GetProperty("part").GetString() is "fab" or "fab-t" or "square";
}
