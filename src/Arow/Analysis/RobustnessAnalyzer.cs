using System.Diagnostics;
using Arow.Attacks;
using Arow.Evaluation;

namespace Arow.Analysis;

/// <summary>The progress of an analysis.</summary>
/// <param name="Stage">The current stage.</param>
/// <param name="Done">Number of finished images.</param>
/// <param name="Total">Number of all images.</param>
/// <param name="Elapsed">Time since the start of the stage.</param>
internal sealed record AnalysisProgress(string Stage, int Done, int Total, TimeSpan Elapsed);

/// <summary>
/// Attacks every image, including misclassified ones, and records the predictions. The correctly classified images form the
/// batches of an evaluation, and get the same adversarial images as there.
/// </summary>
/// <param name="runner">The classifier, which has gradients, the images and how they are attacked.</param>
internal sealed class RobustnessAnalyzer(AttackRunner runner)
{
    /// <summary>Called after every batch.</summary>
    public Action<AnalysisProgress>? Progressed { get; init; }

    /// <summary>The name of the stage in progress reports.</summary>
    public string Stage { get; init; } = "attack";

    /// <summary>Returns a row for each image, in their order.</summary>
    /// <param name="attack">The attack.</param>
    /// <param name="stop">Cancels before the next call of the classifier.</param>
    /// <exception cref="OperationCanceledException">The analysis was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The attack violates its threat model, or logits are not finite.</exception>
    public IReadOnlyList<AttackedImage> Analyze(IAttack attack, CancellationToken stop = default)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var clock = Stopwatch.StartNew();
        var (label, z, clean) = Classify(stop);
        var correct = runner.Positions.Where(k => clean[k].Class == label[k]).ToList();
        var wrong = runner.Positions.Except(correct).ToList();
        var (finished, all) = (0, IEnsemble.Flatten([attack]).Count * (label.Length + wrong.Count));

        var adversarial = new AttackOutcome[label.Length];
        AttackPositions(correct, null, adversarial);
        AttackPositions(wrong, null, adversarial);
        // The bound needs a point where the prediction differs from F(x). If F(x) = y that point has been looked for already;
        // other images are attacked once more, away from their prediction.
        var flipped = (AttackOutcome[])[.. adversarial];
        AttackPositions(wrong, [.. clean.Select(c => c.Class)], flipped);
        return
        [
            .. runner.Positions.Select(k => new AttackedImage(
                runner.Indices[k], label[k], clean[k].Class, clean[k].Probability,
                adversarial[k].Prediction.Class, adversarial[k].Prediction.Probability, adversarial[k].Kl, adversarial[k].Norm,
                flipped[k].Prediction.Class, flipped[k].Prediction.Probability)),
        ];

        void AttackPositions(List<int> positions, IReadOnlyList<long>? awayFrom, AttackOutcome[] found)
        {
            foreach (var batch in runner.Attack(attack, positions, awayFrom, stop))
            {
                var places = batch.Originals.Positions;
                var predictions = Prediction.FromLogits(batch.Logits, [.. places.Select(k => label[k])], [.. places.Select(k => runner.Indices[k])]);
                // In float64 like all else; with the 1e-12 of the published loss, far below any relevant difference.
                var p = z.index_select(0, tensor(places.Select(k => (long)k).ToArray(), device: z.device));
                var kl = Losses.Kl(p, batch.Logits.to(ScalarType.Float64)).cpu().data<double>().ToArray();
                foreach (var (i, k) in places.Index().Where(image => batch.IsStrongest[image.Index]))
                    found[k] = new AttackOutcome(predictions[i], kl[i], batch.Norm[i]);
                Progressed?.Invoke(new AnalysisProgress(Stage, finished += batch.Finished, all, clock.Elapsed));
            }
        }
    }

    /// <summary>Returns labels, logits ([N, K], float64) and clean predictions of all images.</summary>
    private (long[] Label, Tensor Logits, Prediction[] Clean) Classify(CancellationToken stop)
    {
        var (label, logits, clean) = (new List<long>(), new List<Tensor>(), new List<Prediction>());
        foreach (var positions in runner.Batches(runner.Positions))
        {
            using var scope = NewDisposeScope();
            var batch = runner.Classify(runner.Load(positions), stop);
            label.AddRange(batch.Label);
            clean.AddRange(Prediction.FromLogits(batch.Logits, batch.Label, [.. positions.Select(k => runner.Indices[k])]));
            logits.Add(batch.Logits.to(ScalarType.Float64).MoveToOuterDisposeScope());
        }
        return ([.. label], cat(logits), [.. clean]);
    }

    /// <summary>The result of an attack on one image.</summary>
    /// <param name="Prediction">The prediction at the adversarial image.</param>
    /// <param name="Kl">KL(p ‖ q), in nats.</param>
    /// <param name="Norm">The norm of the perturbation.</param>
    private readonly record struct AttackOutcome(Prediction Prediction, double Kl, double Norm);
}
