using Arow.Attacks;
using Arow.Models;
using Arow.Objectives;

namespace Arow.Training;

/// <summary>What one step measured on its own batch, before the weights moved.</summary>
/// <param name="Loss">Mean loss of the batch.</param>
/// <param name="Clean">Clean images classified rightly in training mode; null if the objective did not look at them.</param>
/// <param name="Robust">Adversarial images classified rightly; null without an attack.</param>
public readonly record struct StepResult(double Loss, long? Clean, long? Robust);

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
    /// <summary>A loss above this is an explosion: cross-entropy of the worst float32 logits in use stays far below.</summary>
    private const double Explosion = 1e6;

    /// <summary>Takes the step; the weights stay as they were if the loss is not fit to be followed.</summary>
    /// <param name="x">[N, C, H, W], float, in [0, 1].</param>
    /// <param name="y">[N], int64.</param>
    /// <param name="noise">Randomness of the attack, one row for each image.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <exception cref="ArithmeticException">The loss is not a number or explodes.</exception>
    public StepResult Take(Tensor x, Tensor y, Noise noise, double learningRate)
    {
        using var scope = NewDisposeScope();
        var xAdv = attack?.Perturb(network.ForEvaluation(), x, y, noise) ?? x;

        optimizer.ZeroGrad();
        var f = network.ForTraining();
        var (clean, robust) = ((long?)null, (long?)null);
        var loss = objective.Loss(Watched, x, xAdv, y);
        var value = loss.to(ScalarType.Float64).item<double>();
        if (!(value <= Explosion)) throw new ArithmeticException($"the loss is {value}");

        loss.backward();
        optimizer.Step(learningRate);
        return new StepResult(value, clean, robust);

        Tensor Watched(Tensor images)
        {
            var z = f(images);
            var right = (z.detach().argmax(1) == y).sum().item<long>();
            if (ReferenceEquals(images, x)) clean = right;
            else if (ReferenceEquals(images, xAdv)) robust = right;
            return z;
        }
    }
}
