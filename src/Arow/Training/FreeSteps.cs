using Arow.Distributed;
using Arow.Models;
using Arow.Models.Execution;
using Arow.Objectives;

namespace Arow.Training;

/// <summary>
/// Free adversarial training (Shafahi et al. 2019): each batch is replayed m times, and every pass serves twice, its
/// gradient updating the weights and the perturbation. The perturbation is kept from pass to pass and from batch to batch,
/// by position in the batch; it is the only state between batches. Of several processes each keeps that of its part of the batch.
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
    private Tensor? perturbation, collected;

    /// <summary>The processes that train together.</summary>
    public ProcessGroup Group { get; init; } = ProcessGroup.Single;

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

    public IReadOnlyDictionary<string, Tensor> State => (Group.IsSingle ? perturbation : collected) is { } whole
        ? new Dictionary<string, Tensor> { ["perturbation"] = whole } : new Dictionary<string, Tensor>();

    public void Collect()
    {
        if (Group.IsSingle) return;
        collected?.Dispose();
        collected = null;
        // A last batch with one more image makes one of the parts longer.
        var rows = (long)Group.Gather(perturbation?.shape[0] ?? 0).Max(there => there[0]);
        if (rows == 0) return;
        using var scope = NewDisposeScope();
        var (channels, height, width) = (network.Input.Channels, network.Input.Height, network.Input.Width);
        var padded = zeros([rows, channels, height, width], network.Module.parameters().First().dtype, device: CPU);
        if (perturbation is not null) padded[..(int)perturbation.shape[0]].copy_(perturbation);
        collected = Group.Gather(padded).flatten(0, 1).DetachFromDisposeScope();
    }

    public void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
        using var scope = NewDisposeScope();
        collected?.Dispose();
        (collected, Perturbation) = (null, null);
        if (state.GetValueOrDefault("perturbation") is not { } whole) return;
        var rows = whole.shape[0] / Group.Size;
        Perturbation = whole.narrow(0, Group.Rank * rows, rows);
        if (!Group.IsSingle) collected = whole.detach().clone().DetachFromDisposeScope();
    }

    /// <summary>Takes the m steps of a batch and returns the result of the last.</summary>
    /// <param name="batch">A complete step: gradients are not accumulated.</param>
    /// <exception cref="ArithmeticException">The loss is not a number or explodes; not thrown here if <see cref="DefersReadback"/>.</exception>
    public StepResult Run(StepBatch batch)
    {
        var (x, y, _, learningRate) = batch;
        var counts = batch.Share > 0;
        using var scope = NewDisposeScope();
        // A later batch may be larger than any before.
        if (counts && (perturbation is null || perturbation.shape[0] < x.shape[0])) Perturbation = zeros_like(x);
        var δ = counts ? perturbation![..(int)x.shape[0]] : zeros_like(x);
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
            else if (counts) result.ReadBack();
            (batch.Share == 1 ? loss : loss * batch.Share).backward();
            using (no_grad()) if (counts) δ.copy_(threat.Project(threat.Step(xAdv.detach(), xAdv.grad!, stepSize), x) - x);
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

    public void Dispose()
    {
        perturbation?.Dispose();
        collected?.Dispose();
    }
}
