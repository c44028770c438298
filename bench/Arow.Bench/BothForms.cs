using Arow.Attacks;
using Arow.Models.Execution;

namespace Arow.Bench;

/// <summary>The fast form of a network beside the exact one, both on the device, after a few steps of training there.</summary>
internal static class BothForms
{
    public static IEnumerable<(string, Func<CardRow>)> Of(string architecture, CardOptions options)
    {
        var found = new Lazy<(double Predictions, double Signs, double Loss)>(() => Compare(architecture, options));
        yield return ($"{architecture}: predictions of the fast form", () =>
            new CardRow($"{found.Value.Predictions:0.00%} the same", "99.9 %", found.Value.Predictions >= 0.999));
        yield return ($"{architecture}: signs of its gradients", () =>
            new CardRow($"{found.Value.Signs:0.00%} of the magnitude", "97 %", found.Value.Signs >= 0.97));
        yield return ($"{architecture}: loss after PGD-10", () =>
            new CardRow($"{found.Value.Loss:0.0000} times", "1, within 1 %", Math.Abs(found.Value.Loss - 1) <= 0.01));
    }

    private static (double, double, double) Compare(string architecture, CardOptions options)
    {
        var (images, steps) = options.Small ? (32, 4) : (500, 60);
        var job = new Job(architecture, CardOptions.Input(architecture), images);
        using var network = job.CreateNetwork();
        network.Module.to(options.Device);
        using var scope = NewDisposeScope();
        var (x, y) = job.Images();
        (x, y) = (x.to(options.Device), y.to(options.Device));
        using (var ours = new Ours(network, job))
        {
            for (var i = 0; i < steps; i++) ours.Take(x, y);
            if (!double.IsFinite(ours.Loss)) throw new ArithmeticException("the loss is no number");
        }

        using var view = network.Freeze(Precision.Fast);
        var f = network.ForEvaluation();
        var (g, fast) = (Gradient(f, x, y), Gradient(view.Classifier, x, y));
        var signs = ((g.sign() == fast.sign()) * g.abs()).sum() / g.abs().sum();
        using var frozen = no_grad();
        var (z, zFast) = (f(x), view.Classifier(x));
        // Where two classes are nearer to each other than bfloat16 can tell, either is right.
        var chosen = z.gather(1, zFast.argmax(1).unsqueeze(1)).squeeze(1);
        var same = (z.amax([1]) - chosen <= 0.02 * z.abs().max()).to(ScalarType.Float32).mean();
        var attack = Pgd.Standard(new ThreatModel(Norm.Linf, Job.Epsilon), steps: 10);
        var noise = Noise.Keyed(0, arange(images, dtype: ScalarType.Int64, device: options.Device));
        double Loss(Classifier seen) => Losses.CrossEntropy(f(attack.Perturb(seen, x, y, noise)), y).mean().item<float>();
        return (same.item<float>(), signs.item<float>(), Loss(view.Classifier) / Loss(f));
    }

    private static Tensor Gradient(Classifier f, Tensor x, Tensor y)
    {
        var leaf = x.detach().clone().requires_grad_();
        Losses.CrossEntropy(f(leaf), y).sum().backward(inputs: [leaf]);
        return leaf.grad!;
    }
}
