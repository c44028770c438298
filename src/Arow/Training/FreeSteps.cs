using Arow.Models;
using Arow.Models.Execution;
using Arow.Objectives;

namespace Arow.Training;

/// <summary>
/// Free adversarial training (Shafahi et al. 2019): each batch is replayed m times, and every pass serves twice, its
/// gradient updating the weights and the perturbation. The perturbation is kept from pass to pass and from batch to batch,
/// by position in the batch; it is the only state between batches.
/// </summary>
/// <param name="network">The network to train.</param>
/// <param name="objective">The objective, a function of adversarial images alone.</param>
/// <param name="threat">The threat model.</param>
/// <param name="stepSize">The step size of the perturbation; ε as published.</param>
/// <param name="replays">m ≥ 1; 8 as published for CIFAR-10.</param>
/// <param name="optimizer">Updates the network's parameters.</param>
internal sealed class FreeSteps(
    Network network, IObjective objective, ThreatModel threat, double stepSize, int replays, Sgd optimizer) : ITrainingStep
{
    private Tensor? perturbation;

    /// <summary>Whether a batch ends before its loss is known: see <see cref="TrainingStep.DefersReadback"/>.</summary>
    public bool DefersReadback { get; init; }

    /// <summary>Called after each update of the weights; null for nothing.</summary>
    public Action? Updated { get; init; }

    public int Updates => replays;

    /// <summary>The precision of the network's products.</summary>
    public Precision Precision { get; init; } = Precision.Exact;

    /// <summary>The perturbation, [N, C, H, W]; null before the first batch.</summary>
    public Tensor? Perturbation
    {
        get => perturbation;
        set
        {
            perturbation?.Dispose();
            perturbation = value?.detach().to(network.Device, copy: true).DetachFromDisposeScope();
        }
    }

    public IReadOnlyDictionary<string, Tensor> State =>
        perturbation is null ? new Dictionary<string, Tensor>() : new Dictionary<string, Tensor> { ["perturbation"] = perturbation };

    public void Restore(IReadOnlyDictionary<string, Tensor> state) => Perturbation = state.GetValueOrDefault("perturbation");

    /// <summary>Takes the m steps of a batch and returns the result of the last.</summary>
    /// <param name="batch">A complete step: gradients are not accumulated.</param>
    /// <exception cref="ArithmeticException">The loss is not a number or explodes; not thrown here if <see cref="DefersReadback"/>.</exception>
    public StepResult Run(StepBatch batch)
    {
        var (x, y, _, learningRate) = batch;
        using var scope = NewDisposeScope();
        // A later batch may be larger than any before.
        if (perturbation is null || perturbation.shape[0] < x.shape[0]) Perturbation = zeros_like(x);
        var δ = perturbation![..(int)x.shape[0]];
        var (reportedLoss, result) = ((Tensor?)null, (StepResult?)null);
        for (var replay = 0; replay < replays; replay++)
        {
            using var pass = NewDisposeScope();
            var xAdv = threat.Project(x + δ, x).requires_grad_();
            optimizer.ZeroGrad();
            var (f, robust) = (network.ForTraining(Precision), (Tensor?)null);
            Tensor loss;
            using (NewDisposeScope()) loss = objective.Loss(Observed, x, xAdv, y).MoveToOuterDisposeScope();
            // The first invalid loss is the one to report.
            reportedLoss = (reportedLoss is null ? loss.detach() : where(StepResult.IsFinite(reportedLoss), loss.detach(), reportedLoss))
                .MoveToOuterDisposeScope();
            result?.Dispose();
            result = new StepResult(reportedLoss, clean: null, robust);
            if (DefersReadback) optimizer.GuardUpdates(StepResult.IsFinite(reportedLoss));
            else result.ReadBack();
            loss.backward();
            using (no_grad()) δ.copy_(threat.Project(threat.Step(xAdv.detach(), xAdv.grad!, stepSize), x) - x);
            optimizer.Step(learningRate);
            Updated?.Invoke();

            Tensor Observed(Tensor images)
            {
                var z = f(images);
                robust ??= StepResult.CountCorrect(z, y);
                return z;
            }
        }
        return result!;
    }

    public void Dispose() => perturbation?.Dispose();
}
