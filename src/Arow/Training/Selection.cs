using Arow.Attacks;
using Arow.Data;
using Arow.Evaluation;
using Arow.Models;
using Arow.Models.Execution;

namespace Arow.Training;

/// <summary>
/// How good weights are, for choosing among those of a run: accuracy on clean images and under the published code's
/// PGD-10 with cross-entropy, on images that are neither trained nor reported on.
/// </summary>
/// <param name="images">The images that choose; disposed by their owner.</param>
/// <param name="attack">The attack; null to choose by clean accuracy, where training uses no attack.</param>
/// <param name="seed">Seed of the attack's starts, the same for every weights.</param>
/// <param name="batchSize">Images at a time; no influence on the result.</param>
/// <param name="precision">In which the attack is made; what it makes is judged exactly.</param>
internal sealed class Selection(ImageSet images, IAttack? attack, long seed, int batchSize, Precision precision = Precision.Exact)
{
    /// <summary>Clean and robust accuracy in [0, 1]; without an attack the second is null.</summary>
    /// <exception cref="ArithmeticException">Logits of images as they are are no numbers: there is nothing to choose by.</exception>
    public (double Clean, double? Robust) Evaluate(Network network)
    {
        using var view = network.Freeze(precision);
        var runner = new AttackRunner(network.ForEvaluation(), images, batchSize, seed) { FastClassifier = view.Classifier };
        long clean = 0, robust = 0;
        foreach (var positions in runner.Batches(runner.Positions))
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var batch = runner.Load(positions);
            var z = runner.Classifier(batch.X);
            if (!z.isfinite().all().item<bool>()) throw new ArithmeticException(
                "the network gives logits that are no numbers (NaN) or infinite for images that select");
            clean += CountCorrect(z, batch.Y);
            if (attack is not null) robust += CountCorrect(runner.Classifier(runner.Perturb(attack, batch, "selection")), batch.Y);
        }
        return ((double)clean / images.Count, attack is null ? null : (double)robust / images.Count);
    }

    /// <summary>Of logits that are no numbers the largest is none, whatever place argmax gives.</summary>
    private static long CountCorrect(Tensor z, Tensor y) => (z.argmax(1) == y).logical_and(z.isfinite().all(1)).sum().item<long>();
}
