using Arow.Models;
using Arow.Training;

namespace Arow.Bench;

/// <summary>
/// Arow's training step written once more, apart from the library's attack, objective and layers, with some of its means
/// left out. With all of them it says how fast the library must be.
/// </summary>
internal sealed class Written : IStep
{
    private readonly Network network;
    private readonly Means means;
    private readonly Sgd fused;
    private readonly optim.Optimizer torchs;

    public Written(Network network, Means means)
    {
        (this.network, this.means) = (network, means);
        fused = new Sgd(network.Parameters, new SgdOptions());
        torchs = optim.SGD(network.Module.parameters().ToArray(), Job.LearningRate, momentum: 0.9, weight_decay: 5e-4);
    }

    public void Take(Tensor x, Tensor y, int attackSteps = Job.AttackSteps)
    {
        using var scope = NewDisposeScope();
        WrittenThreads.AreTorchs = means.HasFlag(Means.SameThreads);
        var xAdv = Perturb(x, attackSteps);
        fused.ZeroGrad();
        network.Module.train();
        using var layers = new WrittenLayers(means, frozen: false);
        Loss(View(layers), x, xAdv, y).backward();
        if (means.HasFlag(Means.OneCall)) fused.Step(Job.LearningRate);
        else torchs.step();
    }

    public void Dispose()
    {
        fused.Dispose();
        torchs.Dispose();
    }

    private Tensor Perturb(Tensor x, int attackSteps)
    {
        const double Step = Job.Epsilon / 4;
        using var scope = NewDisposeScope();
        network.Module.eval();
        using var layers = new WrittenLayers(means, frozen: true);
        var f = View(layers);
        var p = Probabilities(f, x);
        var xAdv = (x + empty_like(x).uniform_(-Job.Epsilon, Job.Epsilon)).clamp(0, 1);
        for (var step = 0; step < attackSteps; step++)
        {
            using var iteration = NewDisposeScope();
            var leaf = xAdv.detach().requires_grad_();
            var loss = -((means.HasFlag(Means.CleanOnce) ? p : Probabilities(f, x)) * F.log_softmax(f(leaf), 1)).sum();
            if (means.HasFlag(Means.ImagesOnly)) loss.backward(inputs: [leaf]);
            else loss.backward();
            var moved = xAdv + Step * leaf.grad!.sign();
            xAdv.copy_(moved.maximum(x - Job.Epsilon).minimum(x + Job.Epsilon).clamp(0, 1));
        }
        return xAdv.MoveToOuterDisposeScope();
    }

    private Classifier View(WrittenLayers layers) =>
        means.HasFlag(Means.Layers) ? images => network.Execute(images, layers) : images => network.Module.call(images);

    private static Tensor Probabilities(Classifier f, Tensor x)
    {
        using var still = no_grad();
        return F.softmax(f(x), 1);
    }

    private static Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        var (z, zAdv) = (f(x), f(xAdv));
        var (logP, logQ) = (F.log_softmax(z, 1), F.log_softmax(zAdv, 1));
        var supervised = (1 - Job.Smoothing) * -logP.gather(1, y.unsqueeze(1)).squeeze(1) + Job.Smoothing * -logP.mean([-1]);
        var qTrue = logQ.exp().gather(1, y.unsqueeze(1)).squeeze(1);
        return (supervised + 2 * Job.Lambda * (logP.exp() * (logP - logQ)).sum(1) * (1 - qTrue)).mean();
    }
}
