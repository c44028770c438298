using Arow.Training;
using TorchSharp.Modules;

namespace Arow.Tests.Unit.Training;

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
}
