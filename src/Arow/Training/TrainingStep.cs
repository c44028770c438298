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
public sealed class TrainingStep(Network network, IObjective objective, IAttack? attack, Sgd optimizer)
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

    /// <summary>Told before every pass of the network in training mode.</summary>
    public Action? BeforePass { get; init; }

    /// <summary>Takes the step; the weights stay as they were if the loss is not fit to be followed.</summary>
    /// <param name="x">[N, C, H, W], float, in [0, 1].</param>
    /// <param name="y">[N], int64, or probabilities of the classes, [N, K].</param>
    /// <param name="noise">Randomness of the attack, one row for each image.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="epoch">From 1; by default one in which everything has begun.</param>
    /// <exception cref="ArithmeticException">The loss is not a number or explodes; not thrown here if <see cref="Ahead"/>.</exception>
    public StepResult Take(Tensor x, Tensor y, Noise noise, double learningRate, int epoch = int.MaxValue)
    {
        var result = Gather(x, y, noise, share: 1, epoch, first: true);
        Move(learningRate);
        return result;
    }

    /// <summary>Adds the gradient of a batch that is a part of a step.</summary>
    /// <param name="x">[N, C, H, W], float, in [0, 1].</param>
    /// <param name="y">[N], int64, or probabilities of the classes, [N, K].</param>
    /// <param name="noise">Randomness of the attack, one row for each image.</param>
    /// <param name="share">The part, of all images of the step.</param>
    /// <param name="epoch">From 1.</param>
    /// <param name="first">Whether it is the first part: what was gathered before is forgotten.</param>
    /// <exception cref="ArithmeticException">
    /// The loss is not a number or explodes; the weights are as they were. Not thrown here if <see cref="Ahead"/>.
    /// </exception>
    public StepResult Gather(Tensor x, Tensor y, Noise noise, double share, int epoch, bool first)
    {
        using var scope = NewDisposeScope();
        Perturbation?.Restore();
        var (bound, xAdv) = Attack(x, y, noise, epoch);
        if (Classes is not null && bound is IClassAware { LooksAtClasses: true } looking) bound = looking.Knowing(Classes.Of(y));
        if (first) optimizer.ZeroGrad();

        var f = network.ForTraining(Precision);
        if (epoch >= PerturbFrom) Perturbation?.Raise(() => bound.Loss(Pass, x, xAdv, y));
        var (clean, robust) = ((Tensor?)null, (Tensor?)null);
        Tensor loss;
        using (NewDisposeScope()) loss = bound.Loss(Watched, x, xAdv, y).MoveToOuterDisposeScope();
        var result = new StepResult(loss, clean, robust);
        if (Ahead) optimizer.MoveOnlyWhile(StepResult.IsFit(loss));
        else Check(result);
        (share == 1 ? loss : loss * share).backward();
        return result;

        Tensor Pass(Tensor images)
        {
            BeforePass?.Invoke();
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

    /// <summary>Moves the weights along what was gathered.</summary>
    public void Move(double learningRate)
    {
        optimizer.Step(learningRate);
        Perturbation?.Restore();
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
