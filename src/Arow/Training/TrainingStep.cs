using Arow.Attacks;
using Arow.Models;
using Arow.Models.Execution;
using Arow.Objectives;

namespace Arow.Training;

/// <summary>
/// One optimizer step: the attack uses the network in evaluation mode, the objective in training mode, and the
/// adversarial images are detached.
/// </summary>
/// <param name="network">The network to train.</param>
/// <param name="objective">The objective.</param>
/// <param name="attack">The training attack; null to train on clean images.</param>
/// <param name="optimizer">Updates the network's parameters.</param>
internal sealed class TrainingStep(Network network, IObjective objective, IAttack? attack, Sgd optimizer) : ITrainingStep
{
    /// <summary>Adversarial weight perturbation; null for none.</summary>
    public WeightPerturbation? Perturbation { get; init; }

    /// <summary>The first epoch, from 1, in which weights are perturbed.</summary>
    public int PerturbFrom { get; init; } = 1;

    /// <summary>The first epoch, from 1, with the weights of a geometry-aware objective.</summary>
    public int GeometryFrom { get; init; } = 1;

    /// <summary>The precision of the network's products, in the attack and in the loss.</summary>
    public Precision Precision { get; init; } = Precision.Exact;

    /// <summary>
    /// Whether a step ends before its loss is known, as it should on a GPU, which otherwise waits for the next step. If the
    /// loss is not finite or explodes, the weights are not updated, at this step and at all later ones;
    /// the exception is thrown when the result is read.
    /// </summary>
    public bool DefersReadback { get; init; }

    /// <summary>The class means of objectives that use them; null for others.</summary>
    public ClassMeans? Classes { get; init; }

    /// <summary>The attack of an epoch (from 1), if it differs between epochs; null if it does not.</summary>
    public Func<int, IAttack?>? AttackForEpoch { get; init; }

    /// <summary>Called after each update of the weights; null for nothing.</summary>
    public Action? Updated { get; init; }

    public StepResult Run(StepBatch batch)
    {
        var result = AccumulateGradient(batch);
        if (batch.IsLast) Update(batch.LearningRate);
        return result;
    }

    private void Update(double learningRate)
    {
        optimizer.Step(learningRate);
        Perturbation?.Restore();
        Updated?.Invoke();
    }

    private StepResult AccumulateGradient(StepBatch batch)
    {
        var (x, y, noise, _) = batch;
        var epoch = batch.Epoch;
        using var scope = NewDisposeScope();
        Perturbation?.Restore();
        var (boundObjective, xAdv) = Attack(x, y, noise, epoch);
        if (Classes is not null && boundObjective is IClassAware { DependsOnClassMeans: true } classAware) boundObjective =
            classAware.WithClassMeans(Classes.Lookup(y));
        if (batch.IsFirst) optimizer.ZeroGrad();

        var f = network.ForTraining(Precision);
        if (epoch >= PerturbFrom) Perturbation?.Perturb(() => Part(boundObjective.Loss(Pass, x, xAdv, y), batch.ShareOfProcesses));
        var (clean, robust) = ((Tensor?)null, (Tensor?)null);
        Tensor loss;
        using (NewDisposeScope()) loss = boundObjective.Loss(Observed, x, xAdv, y).MoveToOuterDisposeScope();
        var result = new StepResult(loss, clean, robust);
        if (DefersReadback) optimizer.GuardUpdates(StepResult.IsFinite(loss));
        else if (batch.Share > 0) Check(result);
        Part(loss, batch.Share).backward();
        return result;

        static Tensor Part(Tensor loss, double share) => share == 1 ? loss : loss * share;

        Tensor Pass(Tensor images)
        {
            batch.BeforePass?.Invoke();
            return f(images);
        }

        Tensor Observed(Tensor images)
        {
            var z = Pass(images);
            if (ReferenceEquals(images, x))
            {
                if (clean is null && batch.Share > 0) Classes?.Add(z, y);
                clean ??= StepResult.CountCorrect(z, y);
            }
            else if (ReferenceEquals(images, xAdv)) robust ??= StepResult.CountCorrect(z, y);
            return z;
        }
    }

    private void Check(StepResult result)
    {
        try
        {
            result.ReadBack();
        }
        catch (ArithmeticException)
        {
            Perturbation?.Restore();
            throw;
        }
    }

    private (IObjective Objective, Tensor XAdv) Attack(Tensor x, Tensor y, Noise noise, int epoch)
    {
        var sampledObjective = objective is IRandomized random ? random.Draw(noise.Stream("objective")) : objective;
        if ((AttackForEpoch is null ? attack : AttackForEpoch(epoch)) is not { } currentAttack) return (sampledObjective, x);
        using var view = network.Freeze(Precision);
        var f = view.Classifier;
        if (sampledObjective is not IGeometryAware { DependsOnGeometry: true } aware || currentAttack is not ICountingAttack counting
            || epoch < GeometryFrom)
            return (sampledObjective, currentAttack.Perturb(f, x, y, noise));
        var (xAdv, correctSteps) = counting.PerturbAndCount(f, x, y, noise);
        return (aware.WithGeometry(correctSteps, counting.Steps), xAdv);
    }
}
