using System.Diagnostics;
using Arow.Attacks;
using Arow.Evaluation;

namespace Arow.Analysis;

/// <summary>Where an analysis stands.</summary>
/// <param name="Stage">What is under way.</param>
/// <param name="Done">Images that are done.</param>
/// <param name="Total">Images to do.</param>
/// <param name="Elapsed">Since the stage began.</param>
public sealed record AnalysisProgress(string Stage, int Done, int Total, TimeSpan Elapsed);

/// <summary>
/// Attacks every image, also those that are wrong as they are, and says what the classifier makes of them. The images
/// that are right as they are make up the batches of an evaluation, and meet the adversarial images that they meet
/// there.
/// </summary>
/// <param name="runner">The classifier, which has gradients, the images and how they are attacked.</param>
public sealed class Examiner(AttackRunner runner)
{
    /// <summary>Told after every batch.</summary>
    public Action<AnalysisProgress>? Progressed { get; init; }

    /// <summary>How progress calls the work.</summary>
    public string Stage { get; init; } = "attack";

    /// <summary>A row for each image, in their order.</summary>
    /// <param name="attack">The attack.</param>
    /// <param name="stop">Asks for a stop, heeded the next time that the classifier is asked.</param>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    /// <exception cref="InvalidOperationException">
    /// The attack left its threat model, or logits are no numbers.
    /// </exception>
    public IReadOnlyList<AttackedImage> Attack(IAttack attack, CancellationToken stop = default)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var clock = Stopwatch.StartNew();
        var (label, z, clean) = Classify(stop);
        var right = runner.Positions.Where(k => clean[k].Class == label[k]).ToList();
        var wrong = runner.Positions.Except(right).ToList();
        var (finished, all) = (0, IEnsemble.Flatten([attack]).Count * (label.Length + wrong.Count));

        var adversarial = new Found[label.Length];
        Find(right, null, adversarial);
        Find(wrong, null, adversarial);
        // The bound asks for a point where the prediction differs from F(x). Where F(x) = y that is what was looked for
        // already; the others are attacked once more, away from what they are taken for.
        var flipped = (Found[])[.. adversarial];
        Find(wrong, [.. clean.Select(c => c.Class)], flipped);
        return
        [
            .. runner.Positions.Select(k => new AttackedImage(
                runner.Indices[k], label[k], clean[k].Class, clean[k].Probability,
                adversarial[k].Prediction.Class, adversarial[k].Prediction.Probability, adversarial[k].Kl, adversarial[k].Norm,
                flipped[k].Prediction.Class, flipped[k].Prediction.Probability)),
        ];

        void Find(List<int> positions, IReadOnlyList<long>? awayFrom, Found[] found)
        {
            foreach (var batch in runner.Attack(attack, positions, awayFrom, stop))
            {
                var places = batch.Originals.Positions;
                var predictions = Prediction.Of(batch.Logits, [.. places.Select(k => label[k])], [.. places.Select(k => runner.Indices[k])]);
                // In float64 like all the rest; with the 1e-12 of the published loss, far below what matters here.
                var p = z.index_select(0, tensor(places.Select(k => (long)k).ToArray(), device: z.device));
                var kl = Losses.Kl(p, batch.Logits.to(ScalarType.Float64)).cpu().data<double>().ToArray();
                foreach (var (i, k) in places.Index().Where(image => batch.IsStrongest[image.Index]))
                    found[k] = new Found(predictions[i], kl[i], batch.Norm[i]);
                Progressed?.Invoke(new AnalysisProgress(Stage, finished += batch.Finished, all, clock.Elapsed));
            }
        }
    }

    /// <summary>Of every image its class, its logits ([N, K], float64) and what they say.</summary>
    private (long[] Label, Tensor Logits, Prediction[] Clean) Classify(CancellationToken stop)
    {
        var (label, logits, clean) = (new List<long>(), new List<Tensor>(), new List<Prediction>());
        foreach (var positions in runner.Batches(runner.Positions))
        {
            using var scope = NewDisposeScope();
            var batch = runner.Classify(runner.Load(positions), stop);
            label.AddRange(batch.Label);
            clean.AddRange(Prediction.Of(batch.Logits, batch.Label, [.. positions.Select(k => runner.Indices[k])]));
            logits.Add(batch.Logits.to(ScalarType.Float64).MoveToOuterDisposeScope());
        }
        return ([.. label], cat(logits), [.. clean]);
    }

    /// <summary>What an attack has found for an image.</summary>
    /// <param name="Prediction">There.</param>
    /// <param name="Kl">KL(p ‖ q), in nats.</param>
    /// <param name="Norm">Of the perturbation.</param>
    private readonly record struct Found(Prediction Prediction, double Kl, double Norm);
}
