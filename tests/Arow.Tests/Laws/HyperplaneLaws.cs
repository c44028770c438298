using CsCheck;

namespace Arow.Tests.Laws;

/// <summary>FAB's projections, both of them, against a plain oracle and against what has to hold.</summary>
public sealed class HyperplaneLaws
{
    private const int Pixels = 11;
    private const int Cases = 150;

    /// <summary>Points of the box, normals with zeros and equals among them, and offsets within reach or not.</summary>
    /// <remarks>In steps of 1/64, so that equals and zeros are frequent and nothing is negligible by accident; no share is 1.</remarks>
    private static readonly Gen<(double[] T, double[] W, double Share)> Samples = Gen.Select(
        Gen.Int[0, 64].Select(v => v / 64.0).Array[Pixels],
        Gen.OneOf(Gen.Int[-128, 128], Gen.Const(0), Gen.Const(32)).Select(v => v / 64.0).Array[Pixels],
        Gen.Int[-26, 26].Select(v => (v + 0.37) / 20));

    public static TheoryData<Norm, bool> All => new()
    {
        { Norm.Linf, false }, { Norm.L2, false }, { Norm.L1, false }, { Norm.Linf, true }, { Norm.L2, true }, { Norm.L1, true },
    };

    [Theory, MemberData(nameof(All))]
    public void The_way_is_the_shortest(Norm norm, bool published) => Samples.Sample(s =>
    {
        using var scope = NewDisposeScope();
        var (c, b) = Offset(s);
        var d = Shortest(published, norm, s.T, s.W, b);
        var u = Oracle(norm, s.T, s.W, c);
        // As long as the oracle's, which is the only shortest one in L2; as near to the hyperplane as the box allows.
        Assert.Equal(Length(norm, u), Length(norm, d), 1e-7);
        if (norm == Norm.L2) Assert.All(d.Zip(u), pair => Assert.Equal(pair.Second, pair.First, 1e-7));
        Assert.Equal(Value(s.W, u), Value(s.W, d), 1e-7);
        for (var i = 0; i < Pixels; i++)
        {
            Assert.InRange(s.T[i] + d[i], -1e-12, 1 + 1e-12);
            if (s.W[i] == 0) Assert.Equal(0, d[i]);
        }
    }, iter: Cases);

    [Theory, MemberData(nameof(All))]
    public void Without_a_normal_nothing_moves(Norm norm, bool published) =>
        Assert.All(Shortest(published, norm, [0, 0.3, 1], [0, 0, 0], -0.4), moved => Assert.Equal(0, moved));

    [Theory, InlineData(Norm.Linf), InlineData(Norm.L2), InlineData(Norm.L1)]
    public void A_row_fares_the_same_alone_as_in_company(Norm norm)
    {
        using var scope = NewDisposeScope();
        var (t, w) = (Golden.Reference.Image([2, 7, 50], 0.83, 0.1).flatten(2), Golden.Reference.Wave([7, 50], 1.3, 0.2));
        var b = Golden.Reference.Wave([7], 0.9, 0.3) * 4;
        var together = HyperplaneProjection.Shortest(norm, t, w, b);
        for (var i = 0; i < 7; i++)
        {
            var alone = HyperplaneProjection.Shortest(norm, t[.., i..(i + 1)], w[i..(i + 1)], b[i..(i + 1)]);
            Assert.True((alone == together[.., i..(i + 1)]).all().item<bool>());
        }
    }

    /// <summary>b = ⟨w, t⟩ − c, c as a share of the way that the box has room for: beyond 1 it is out of reach.</summary>
    private static (double C, double B) Offset((double[] T, double[] W, double Share) s)
    {
        var most = s.T.Zip(s.W).Sum(p => Math.Abs(p.Second) * ((p.Second > 0) == (s.Share > 0) ? p.First : 1 - p.First));
        var c = s.Share * most;
        return (c, Value(s.W, s.T) - c);
    }

    private static double[] Shortest(bool published, Norm norm, double[] t, double[] w, double b)
    {
        using var scope = NewDisposeScope();
        var (points, normals, offsets) = (tensor(t).unsqueeze(0), tensor(w).unsqueeze(0), tensor(new[] { b }));
        var d = published ? PublishedProjection.Shortest(norm, points, normals, offsets)
            : HyperplaneProjection.Shortest(norm, points, normals, offsets);
        return d.data<double>().ToArray();
    }

    /// <summary>Bisection on the multiplier for L∞ and L2; for L1 the pixel that gives most goes first.</summary>
    private static double[] Oracle(Norm norm, double[] t, double[] w, double c)
    {
        var sign = c >= 0 ? 1 : -1;
        var room = t.Zip(w, (p, v) => v * sign > 0 ? p : 1 - p).ToArray();
        var u = new double[t.Length];
        if (norm == Norm.L1)
        {
            var left = Math.Abs(c);
            foreach (var i in Enumerable.Range(0, t.Length).Where(i => w[i] != 0).OrderByDescending(i => Math.Abs(w[i])))
            {
                u[i] = Math.Min(room[i], left / Math.Abs(w[i]));
                left -= u[i] * Math.Abs(w[i]);
            }
        }
        else
        {
            double low = 0, high = 100;
            double[] At(double λ) =>
                [.. room.Select((r, i) => w[i] == 0 ? 0 : Math.Min(r, norm == Norm.Linf ? λ : λ * Math.Abs(w[i])))];
            for (var halving = 0; halving < 200; halving++)
            {
                var middle = (low + high) / 2;
                (low, high) = At(middle).Zip(w).Sum(p => p.First * Math.Abs(p.Second)) < Math.Abs(c) ? (middle, high) : (low, middle);
            }
            u = At(high > 99 ? 1e9 : high);
        }
        return [.. u.Select((v, i) => -Math.Sign(w[i]) * sign * v)];
    }

    private static double Value(double[] w, double[] d) => w.Zip(d).Sum(p => p.First * p.Second);

    private static double Length(Norm norm, double[] d) => norm switch
    {
        Norm.Linf => d.Max(Math.Abs),
        Norm.L2 => Math.Sqrt(d.Sum(v => v * v)),
        _ => d.Sum(Math.Abs),
    };
}
