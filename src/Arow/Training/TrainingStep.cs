using Arow.Attacks;
using Arow.Models;
using Arow.Objectives;

namespace Arow.Training;

/// <summary>
/// One optimizer step: the attack sees the network in evaluation mode, the objective in training mode, and the
/// adversarial images carry no graph from one to the other.
/// </summary>
/// <param name="network">The network to train.</param>
/// <param name="objective">What is minimised.</param>
/// <param name="attack">Where adversarial images come from; null to train on clean ones.</param>
/// <param name="optimizer">Moves the network's parameters.</param>
public sealed class TrainingStep(Network network, IObjective objective, IAttack? attack, Sgd optimizer) : ITrainingStep
{
    /// <summary>Perturbs the weights as well; null not to.</summary>
    public WeightPerturbation? Perturbation { get; init; }

    /// <summary>The first epoch, from 1, in which weights are perturbed.</summary>
    public int PerturbFrom { get; init; } = 1;

    /// <summary>The first epoch, from 1, in which an objective that looks at geometry gets to see it.</summary>
    public int GeometryFrom { get; init; } = 1;

    /// <summary>Of the network's products, in the attack and in the loss.</summary>
    public Precision Precision { get; init; } = Precision.Exact;

    /// <summary>
    /// Whether a step ends before its loss is known, as it should on a GPU, which else would wait for the next one. Where the
    /// loss turns out not fit to be followed the weights stay all the same, at this step and at all that are taken after
    /// it; the exception comes when the result is read.
    /// </summary>
    public bool Ahead { get; init; }

    /// <summary>What an objective that looks at classes gets to know, and takes in; null for those that do not.</summary>
    public ClassMeans? Classes { get; init; }

    /// <summary>The attack of an epoch (from 1), where it is not the same in all; null where it is.</summary>
    public Func<int, IAttack?>? AttackOf { get; init; }

    /// <summary>Called after each update of the weights; null for nothing.</summary>
    public Action? Updated { get; init; }

    /// <inheritdoc/>
    public StepResult Take(StepBatch batch)
    {
        var result = AddGradient(batch);
        if (!batch.IsLast) return result;
        optimizer.Step(batch.LearningRate);
        Perturbation?.Restore();
        Updated?.Invoke();
        return result;
    }

    private StepResult AddGradient(StepBatch batch)
    {
        var (x, y, noise, _) = batch;
        var epoch = batch.Epoch;
        using var scope = NewDisposeScope();
        Perturbation?.Restore();
        var (bound, xAdv) = Attack(x, y, noise, epoch);
        if (Classes is not null && bound is IClassAware { LooksAtClasses: true } looking) bound = looking.Knowing(Classes.Of(y));
        if (batch.IsFirst) optimizer.ZeroGrad();

        var f = network.ForTraining(Precision);
        if (epoch >= PerturbFrom) Perturbation?.Raise(() => bound.Loss(Pass, x, xAdv, y));
        var (clean, robust) = ((Tensor?)null, (Tensor?)null);
        Tensor loss;
        using (NewDisposeScope()) loss = bound.Loss(Watched, x, xAdv, y).MoveToOuterDisposeScope();
        var result = new StepResult(loss, clean, robust);
        if (Ahead) optimizer.MoveOnlyWhile(StepResult.IsFit(loss));
        else Check(result);
        (batch.Share == 1 ? loss : loss * batch.Share).backward();
        return result;

        Tensor Pass(Tensor images)
        {
            batch.BeforePass?.Invoke();
            return f(images);
        }

        Tensor Watched(Tensor images)
        {
            var z = Pass(images);
            if (ReferenceEquals(images, x))
            {
                if (clean is null) Classes?.Add(z, y);
                clean ??= StepResult.Right(z, y);
            }
            else if (ReferenceEquals(images, xAdv)) robust ??= StepResult.Right(z, y);
            return z;
        }
    }

    private void Check(StepResult result)
    {
        try
        {
            result.Read();
        }
        catch (ArithmeticException)
        {
            Perturbation?.Restore();
            throw;
        }
    }

    private (IObjective Objective, Tensor XAdv) Attack(Tensor x, Tensor y, Noise noise, int epoch)
    {
        var drawn = objective is IRandomized random ? random.Draw(noise.Stream("objective")) : objective;
        if ((AttackOf is null ? attack : AttackOf(epoch)) is not { } made) return (drawn, x);
        using var view = network.Freeze(Precision);
        var f = view.Classifier;
        if (drawn is not IGeometryAware { Looks: true } aware || made is not ICountingAttack counting || epoch < GeometryFrom)
            return (drawn, made.Perturb(f, x, y, noise));
        var (xAdv, withstood) = counting.Count(f, x, y, noise);
        return (aware.At(withstood, counting.Steps), xAdv);
    }
}
