using System.Text.Json;
using Arow.Objectives;

namespace Arow.Tests.Golden;

/// <summary>Every objective against the published loss.py: the value, its two terms, and the gradient of every logit.</summary>
[Numeric]
public sealed class ObjectivesGolden
{
    private const double Tolerance = 1e-9;

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, All.GetArrayLength())];

    private static JsonElement All => Reference.Read("objectives.json").GetProperty("rows");

    [Theory, MemberData(nameof(Rows))]
    public void Value_and_gradient_are_the_published_ones(int index)
    {
        var row = All[index];
        using var scope = NewDisposeScope();
        double Get(string name, double otherwise = 0) => row.TryGetProperty(name, out var v) ? v.GetDouble() : otherwise;
        long[] shape = [row.GetProperty("n").GetInt64(), row.GetProperty("classes").GetInt64()];
        var (scale, a, b) = (Get("scale"), Get("a"), Get("b"));
        var z = (scale * Reference.Wave(shape, a, b)).requires_grad_();
        var zAdv = (scale * Reference.Wave(shape, a + 0.37, b + 0.5)).requires_grad_();
        var y = row.GetProperty("labels").Labels();
        var (x, xAdv) = (zeros(1), ones(1));
        var zHelper = (scale * Reference.Wave(shape, a + 0.11, b + 0.9)).requires_grad_();
        Tensor f(Tensor images) => ReferenceEquals(images, x) ? z : ReferenceEquals(images, xAdv) ? zAdv : zHelper;
        Tensor Standard(Tensor images)
        {
            var wave = row.GetProperty("standard_logits_wave").Numbers();
            return scale * Reference.Wave(shape, wave[0], wave[1]);
        }

        var codeλ = Get("code_lambda");
        IObjective Objective(double codeλ) => row.GetProperty("objective").GetString() switch
        {
            "arow" => new Objectives.Arow(codeλ / 2, Get("smoothing")),
            "arow-ce" => new Objectives.Arow(codeλ / 2, 0),
            "cow" => new Cow(codeλ / 2, Get("smoothing")),
            "trades" => new Trades(codeλ),
            "trades-ls" => new Trades(codeλ, Get("smoothing")),
            "mart" => new Mart(codeλ),
            "pgd-at" => new AdversarialTraining(),
            "hat" => new Hat(codeλ).WithAuxiliary(Standard, codeλ == 0 ? 0 : Get("gamma")),
            "gair-at" => new GairAt().WithGeometry(tensor(row.GetProperty("kappa").Numbers()), row.GetProperty("steps").GetInt32()),
            var name => throw new InvalidOperationException($"no objective for {name}"),
        };

        var loss = Objective(codeλ).Loss(f, x, xAdv, y);
        var supervised = Objective(0).Loss(f, x, xAdv, y).item<double>();
        Assert.Equal(Get("total"), loss.item<double>(), Tolerance);
        Assert.Equal(Get("supervised"), supervised, Tolerance);
        var help = Get("gamma") * Get("helper");
        if (codeλ > 0) Assert.Equal(Get("regularizer"), (loss.item<double>() - supervised - help) / codeλ, Tolerance);

        loss.backward();
        AssertGradient(row.GetProperty("grad_clean"), z);
        AssertGradient(row.GetProperty("grad_adv"), zAdv);
        AssertGradient(row.GetProperty("grad_helper"), zHelper);
    }

    private static void AssertGradient(JsonElement expected, Tensor logits)
    {
        if (expected.ValueKind == JsonValueKind.Null) Assert.Null(logits.grad);
        else Reference.AssertClose(expected.Numbers(), logits.grad!, Tolerance);
    }
}
