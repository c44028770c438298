using Arow.Objectives;

namespace Arow.Tests.Unit.Objectives;

/// <summary>
/// Objectives written out from their papers in plain numbers, image by image, with networks that answer for whatever image
/// they are asked: which network sees which image, by which factor a term counts, and which way round a divergence goes.
/// </summary>
[Numeric]
public sealed class MethodsByHand
{
    private const int N = 6, D = 3, K = 4;
    private const double λ = 1.7, α = 0.15, γ = 0.4;

    /// <summary>Withstood steps of <see cref="Steps"/>.</summary>
    private static readonly long[] Κ = [0, 10, 3, 7, 5, 1];
    private const int Steps = 10;

    private static readonly long[] Y = [1, 0, 3, 2, 1, 1];

    public static TheoryData<string> Names =>
        ["hat", "hat-arow", "trades-ls", "arow", "cow", "lbgat", "alp", "gair-at", "gair-trades", "pgd-at", "fat-at", "fat-trades", "fat-arow",
            "free", "fgsm-rs", "n-fgsm", "ikl-at"];

    [Theory, MemberData(nameof(Names))]
    public void The_loss_is_that_of_its_paper(string name)
    {
        var (x, xAdv) = (Wave(N, D, 0.71, 0.2), Wave(N, D, 1.08, 0.7));
        var (f, g) = (Wave(K, D, 0.37, 1.1), Wave(K, D, 0.59, -0.4));
        var w = Geometry();
        var expected = Enumerable.Range(0, N).Average(i =>
        {
            var y = (int)Y[i];
            var (z, zAdv, t) = (Times(f, x[i]), Times(f, xAdv[i]), Times(g, x[i]));
            var farther = Times(f, [.. x[i].Zip(xAdv[i], (a, b) => a + 2 * (b - a))]);
            var (named, q) = (Top(Times(g, xAdv[i])), Softmax(zAdv)[y]);
            return name switch
            {
                "hat" => Ce(z, y, 0) + λ * Kl(z, zAdv) + γ * Ce(farther, named, 0),
                "hat-arow" => Ce(z, y, α) + 2 * λ * Kl(z, zAdv) * (1 - q) + γ * Ce(farther, named, 0),
                "trades-ls" or "fat-trades" => Ce(z, y, α) + λ * Kl(z, zAdv),
                "arow" or "fat-arow" => Ce(z, y, α) + 2 * λ * Kl(z, zAdv) * (1 - q),
                "cow" => Ce(z, y, α) + 2 * λ * Kl(z, zAdv) * Softmax(z)[y],
                "lbgat" => Squares(t, zAdv) + Ce(t, y, 0) + λ * Kl(z, zAdv),
                "alp" => (Ce(z, y, α) + Ce(zAdv, y, α)) / 2 + λ * Squares(z, zAdv),
                "ikl-at" => Ce(z, y, 0) + λ * (5 * Pairs(z, zAdv) + Kl(z, zAdv)),
                "gair-at" => w[i] * Ce(zAdv, y, α),
                "gair-trades" => w[i] * Ce(z, y, α) + λ * Kl(z, zAdv),
                _ => Ce(zAdv, y, α),
            };
        });

        using var scope = NewDisposeScope();
        var objective = Catalog.Objectives[name].Create(λ, α);
        if (objective is IUsesAuxiliaryModel helped) objective = helped.WithAuxiliary(Linear(g), γ);
        if (objective is IGeometryAware aware) objective = aware.WithGeometry(tensor(Κ), Steps);
        // Float64 throughout; 1e-12 inside the logarithm of KL moves it by less than 1e-9 where no q is below a thousandth.
        Assert.Equal(expected, objective.Loss(Linear(f), Images(x), Images(xAdv), tensor(Y)).item<double>(), 1e-8);
        if (objective is not IRegularized { Terms: var parts } regularized) return;
        // Its pieces are those of the equation: exchanged for themselves they change nothing.
        IObjective same = new ComposedObjective(regularized, new SampleWeight("same", parts.Weight.Compute),
            new Divergence("same", parts.Divergence.Compute));
        Assert.Equal(expected, same.Loss(Linear(f), Images(x), Images(xAdv), tensor(Y)).item<double>(), 1e-8);
    }

    /// <summary>Every method is here or beside the published numbers, and a new one is missed.</summary>
    [Fact]
    public void Every_objective_of_the_Catalog_has_numbers_from_outside()
    {
        string[] golden = [.. Reference.Read("objectives.json").GetProperty("rows").EnumerateArray()
            .Select(r => r.GetProperty("objective").GetString()!).Distinct()];
        Assert.Empty(Catalog.Objectives.Keys.Except(Names.Select(n => n.Data)).Except(golden).Except(["standard"]));
    }

    private static double[] Geometry()
    {
        double[] raw = [.. Κ.Select(κ => (1 + Math.Tanh(-1 + 5 * (1 - 2.0 * κ / Steps))) / 2)];
        return [.. raw.Select(w => w / raw.Average())];
    }

    private static double[][] Wave(int rows, int columns, double a, double b) =>
        [.. Enumerable.Range(0, rows)
            .Select(i => (double[])[.. Enumerable.Range(0, columns).Select(j => 1.3 * Math.Sin(a * (i * columns + j) + b))])];

    private static double[] Times(double[][] matrix, double[] x) => [.. matrix.Select(row => row.Zip(x, (a, b) => a * b).Sum())];

    private static double[] Softmax(double[] z) => [.. z.Select(v => Math.Exp(v) / z.Sum(Math.Exp))];

    private static double Ce(double[] z, int y, double smoothing)
    {
        var p = Softmax(z);
        return -Enumerable.Range(0, K).Sum(k => ((k == y ? 1 - smoothing : 0) + smoothing / K) * Math.Log(p[k]));
    }

    private static double Kl(double[] z, double[] zAdv) => Softmax(z).Zip(Softmax(zAdv), (p, q) => p * Math.Log(p / q)).Sum();

    private static double Squares(double[] a, double[] b) => a.Zip(b, (u, v) => (u - v) * (u - v)).Sum() / K;

    /// <summary>The weighted squares of IKL for classes that are equally likely, over pairs of classes as published.</summary>
    private static double Pairs(double[] z, double[] zAdv) => Enumerable.Range(0, K).Sum(j => Enumerable.Range(0, K).Sum(k =>
        Math.Pow(z[j] - z[k] - (zAdv[j] - zAdv[k]), 2) / K / K)) / 4;

    private static int Top(double[] z) => Array.IndexOf(z, z.Max());

    private static Classifier Linear(double[][] matrix) => images => images.reshape(N, D).matmul(Matrix(matrix).t());

    private static Tensor Images(double[][] rows) => Matrix(rows).reshape(N, 1, 1, D);

    private static Tensor Matrix(double[][] rows) => tensor(rows.SelectMany(r => r).ToArray()).reshape(rows.Length, rows[0].Length);
}
