using Arow.Models;

namespace Arow.Bench;

/// <summary>
/// The published training step (attacks/pgd.py, loss.py and main.py of the ARoW code), transcribed without change to what
/// it computes and in what order: float32, batch norm's evaluation mode during the attack, the clean pass again in every
/// attack step and with its graph, nothing detached, torch's own optimizer.
/// </summary>
internal sealed class Published : IStep
{
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly optim.Optimizer optimizer;

    public Published(Network network)
    {
        model = network.Module;
        optimizer = optim.SGD(model.parameters().ToArray(), Job.LearningRate, momentum: 0.9, weight_decay: 5e-4);
    }

    public void Take(Tensor x, Tensor y, int attackSteps = Job.AttackSteps)
    {
        using var scope = NewDisposeScope();
        var xAdv = Perturb(x, attackSteps);
        var loss = Loss(x, xAdv, y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }

    public void Dispose() => optimizer.Dispose();

    private Tensor Perturb(Tensor x, int attackSteps)
    {
        const double Step = Job.Epsilon / 4;
        using var scope = NewDisposeScope();
        model.eval();
        var xAdv = (x.detach() + empty_like(x).uniform_(-Job.Epsilon, Job.Epsilon)).clamp(0, 1);
        for (var step = 0; step < attackSteps; step++)
        {
            using var iteration = NewDisposeScope();
            xAdv.requires_grad_();
            var z = model.call(xAdv);
            var loss = F.kl_div(
                F.log_softmax(z, 1), F.softmax(model.call(x), 1), log_target: false, reduction: nn.Reduction.Sum);
            var g = autograd.grad([loss], [xAdv])[0];
            var moved = xAdv + Step * g.sign();
            moved = moved.maximum(x - Job.Epsilon).minimum(x + Job.Epsilon);
            xAdv = moved.clamp(0, 1).MoveToOuterDisposeScope();
        }
        model.train();
        return xAdv.MoveToOuterDisposeScope();
    }

    private Tensor Loss(Tensor x, Tensor xAdv, Tensor y)
    {
        var (z, zAdv) = (model.call(x), model.call(xAdv));
        var (p, q) = (F.softmax(z, 1), F.softmax(zAdv, 1));
        var qTrue = q.gather(1, y.unsqueeze(1)).squeeze();
        var logP = F.log_softmax(z, 1);
        var supervised = ((1 - Job.Smoothing) * -logP.gather(1, y.unsqueeze(1)).squeeze(1) + Job.Smoothing * -logP.mean([-1])).mean();
        var robust = (F.kl_div((q + 1e-12).log(), p, log_target: false, reduction: nn.Reduction.None).sum(1) * (1 - qTrue)).mean();
        return supervised + 2 * Job.Lambda * robust;
    }
}
