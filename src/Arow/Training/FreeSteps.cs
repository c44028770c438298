using Arow.Models;
using Arow.Models.Execution;
using Arow.Objectives;

namespace Arow.Training;

/// <summary>
/// Free adversarial training (Shafahi et al. 2019): each batch is gone through m times, and every pass serves twice, its
/// gradient moving the weights and the perturbation. The perturbation is kept from pass to pass and from batch to batch,
/// place by place; it is the only thing that the next batch needs to know of the last.
/// </summary>
/// <param name="network">The network to train.</param>
/// <param name="objective">What is minimised, of adversarial images alone.</param>
/// <param name="threat">The perturbations allowed.</param>
/// <param name="stepSize">How far a pass moves the perturbation; ε as published.</param>
/// <param name="replays">m ≥ 1; 8 as published for CIFAR-10.</param>
/// <param name="optimizer">Moves the network's parameters.</param>
internal sealed class FreeSteps(
    Network network, IObjective objective, ThreatModel threat, double stepSize, int replays, Sgd optimizer) : ITrainingStep
{
    private Tensor? perturbation;

    /// <summary>Whether a batch ends before its loss is known: see <see cref="TrainingStep.DefersReadback"/>.</summary>
    public bool DefersReadback { get; init; }

    /// <summary>Called after each update of the weights; null for nothing.</summary>
    public Action? Updated { get; init; }

    /// <inheritdoc/>
    public int Updates => replays;

    /// <summary>Of the network's products.</summary>
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

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> State =>
        perturbation is null ? new Dictionary<string, Tensor>() : new Dictionary<string, Tensor> { ["perturbation"] = perturbation };

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, Tensor> state) => Perturbation = state.GetValueOrDefault("perturbation");

    /// <summary>Takes the m steps of a batch, each a whole one, and gives what the last one measured.</summary>
    /// <param name="batch">A whole step: there is nothing to accumulate.</param>
    /// <exception cref="ArithmeticException">The loss is not a number or explodes; not thrown here if <see cref="DefersReadback"/>.</exception>
    public StepResult Run(StepBatch batch)
    {
        var (x, y, _, learningRate) = batch;
        using var scope = NewDisposeScope();
        // A later batch may have more images than any before it.
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
            // The first loss that is not fit is the one to tell of, whatever follows.
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

    /// <inheritdoc/>
    public void Dispose() => perturbation?.Dispose();
}
