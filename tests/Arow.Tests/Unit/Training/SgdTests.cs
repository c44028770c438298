using TorchSharp.Modules;

namespace Arow.Tests.Unit.Training;

[Numeric]
public sealed class SgdTests
{
    private const double Rate = 0.1, Decay = 0.01;

    [Theory]
    [InlineData(0, false)]
    [InlineData(0.9, false)]
    [InlineData(0.9, true)]
    public void Steps_follow_the_recurrence(double momentum, bool nesterov)
    {
        using var scope = NewDisposeScope();
        double[] w = [1, -2, 0.5];
        double[] v = [0, 0, 0];
        var parameter = new Parameter(tensor(w));
        using var sgd = new Sgd([("w", parameter)], new SgdOptions(momentum, nesterov, Decay));

        for (var step = 0; step < 3; step++)
        {
            // The gradient of Σ w²/2 + w is w + 1.
            parameter.grad = parameter.detach() + 1;
            sgd.Step(Rate);
            for (var i = 0; i < w.Length; i++)
            {
                var g = w[i] + 1 + Decay * w[i];
                v[i] = step == 0 ? g : momentum * v[i] + g;
                w[i] -= Rate * (nesterov ? g + momentum * v[i] : v[i]);
            }
            // Three steps of a handful of float64 operations each.
            for (var i = 0; i < w.Length; i++) Assert.Equal(w[i], parameter[i].item<double>(), 1e-14);
        }
    }

    /// <summary>The limit is of the whole gradient, (3, 4) with norm 5 and not of each tensor; norms and biases have one dimension.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void Gradients_are_clipped_as_one_and_decay_spares_what_it_is_told_to(bool decayAll)
    {
        using var scope = NewDisposeScope();
        (string Name, Parameter Value)[] ws =
            [("bias", new(ones(1, dtype: ScalarType.Float64))), ("linear", new(ones(1, 1, dtype: ScalarType.Float64))),
                ("kernel", new(ones(1, 1, 1, 1, dtype: ScalarType.Float64)))];
        using var sgd = new Sgd(ws, new SgdOptions(0, false, Decay, decayAll, 1));
        foreach (var (value, gradient) in ws.Zip((double[])[3, 4, 0])) value.Value.grad = full_like(value.Value, gradient);
        sgd.Step(Rate);
        double[] expected = [1 - Rate * (3 / 5.0 + (decayAll ? Decay : 0)), 1 - Rate * (4 / 5.0 + Decay), 1 - Rate * Decay];
        // 1e-6 beside the norm of 5, as torch has it.
        foreach (var (value, after) in ws.Zip(expected)) Assert.Equal(after, value.Value.item<double>(), 1e-7);
    }

    /// <summary>What was once not fit to be followed ends the movement, whatever comes after.</summary>
    [Fact]
    public void Weights_that_had_to_stop_do_not_move_again()
    {
        using var scope = NewDisposeScope();
        var w = new Parameter(ones(3));
        using var sgd = new Sgd([("w", w)], new SgdOptions());
        foreach (var fit in (bool[])[false, true])
        {
            w.grad = ones(3);
            sgd.GuardUpdates(tensor(fit));
            sgd.Step(Rate);
            Assert.Equal(3, w.sum().item<float>());
        }
    }
}
