using Arow.Attacks;
using Arow.Data;
using Arow.Distributed;
using Arow.Evaluation;
using Arow.Models;
using Arow.Models.Execution;
using Arow.Statistics;

namespace Arow.Training;

/// <summary>
/// Evaluates weights for the selection in a run: accuracy on clean images and under the published code's
/// PGD-10 with cross-entropy, on images that are neither trained on nor reported.
/// </summary>
/// <param name="images">The selecting images; disposed by their owner.</param>
/// <param name="attack">The attack; null to select by clean accuracy, if training uses no attack.</param>
/// <param name="seed">Seed of the attack's starts, the same for all weights.</param>
/// <param name="batchSize">Images at a time; no influence on the result.</param>
/// <param name="precision">The precision of the attack; its images are classified exactly.</param>
/// <param name="group">The processes that share the batches; null for one.</param>
internal sealed class Selection(
    ImageSet images, IAttack? attack, long seed, int batchSize, Precision precision = Precision.Exact, ProcessGroup? group = null)
{
    private readonly ProcessGroup group = group ?? ProcessGroup.Single;

    /// <summary>The accuracy of the same answer for all images.</summary>
    private readonly Lazy<double> constantAccuracy = new(() =>
        (double)images.Labels.cpu().data<long>().ToArray().CountBy(label => label).Max(label => label.Value) / images.Count);

    /// <summary>Gets the images, attacked images and classes of the first batch of the next evaluation; null for nobody.</summary>
    public Action<Tensor, Tensor, Tensor>? Attacked { get; set; }

    /// <summary>Returns what selects weights: the higher, the better.</summary>
    /// <param name="accuracy">Of <see cref="Evaluate"/>.</param>
    /// <returns>
    /// The robust accuracy, or the clean one without an attack; less than any of those, at least -0.5, for weights that are not better on clean
    /// images than one answer for all, with 95 % confidence.
    /// </returns>
    public double Score((double Clean, double? Robust) accuracy)
    {
        if (accuracy.Robust is not { } robust) return accuracy.Clean;
        // One answer for all withstands every attack: before it has learnt, a network may be more robust than ever after.
        var (low, _) = Confidence.Wilson((long)Math.Round(accuracy.Clean * images.Count), images.Count);
        return low > constantAccuracy.Value ? robust : (robust - 1) / 2;
    }

    /// <summary>Returns clean and robust accuracy in [0, 1]; without an attack the second is null.</summary>
    /// <exception cref="ArithmeticException">Logits of clean images are not finite.</exception>
    public (double Clean, double? Robust) Evaluate(Network network)
    {
        using var view = network.Freeze(precision);
        var runner = new AttackRunner(network.ForEvaluation(), images, batchSize, seed) { FastClassifier = view.Classifier };
        long clean = 0, robust = 0;
        var isFinite = true;
        foreach (var positions in runner.Batches(runner.Positions).Where((_, number) => number % group.Size == group.Rank))
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var batch = runner.Load(positions);
            var z = runner.Classifier(batch.X);
            if (!(isFinite = z.isfinite().all().item<bool>())) break;
            clean += CountCorrect(z, batch.Y);
            if (attack is null) continue;
            var xAdv = runner.Perturb(attack, batch, "selection");
            robust += CountCorrect(runner.Classifier(xAdv), batch.Y);
            Attacked?.Invoke(batch.X, xAdv, batch.Y);
            Attacked = null;
        }
        double[][] counts = group.Gather(isFinite ? 0 : 1, clean, robust);
        if (counts.Any(part => part[0] != 0)) throw new ArithmeticException("the network's logits of selecting images are not finite");
        (clean, robust) = ((long)counts.Sum(part => part[1]), (long)counts.Sum(part => part[2]));
        return ((double)clean / images.Count, attack is null ? null : (double)robust / images.Count);
    }

    /// <summary>Counts images with NaN logits as misclassified, whatever argmax returns.</summary>
    private static long CountCorrect(Tensor z, Tensor y) => (z.argmax(1) == y).logical_and(z.isfinite().all(1)).sum().item<long>();
}
