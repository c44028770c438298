using System.Diagnostics;
using Arow.Attacks;
using Arow.Data;
using Arow.Evaluation;

namespace Arow.Analysis;

/// <summary>Where an analysis stands.</summary>
/// <param name="Stage">What is under way.</param>
/// <param name="Done">Images that are done.</param>
/// <param name="Total">Images to do.</param>
/// <param name="Elapsed">Since the stage began.</param>
public sealed record AnalysisProgress(string Stage, int Done, int Total, TimeSpan Elapsed);

/// <summary>
/// Attacks every image, also those that are wrong as they are, and says what the classifier makes of them. Randomness is
/// keyed by image, as in evaluations: an image that is right as it is meets the adversarial image that it meets there.
/// </summary>
/// <param name="f">The classifier, in evaluation mode, with gradients.</param>
/// <param name="images">What to attack; disposed by its owner.</param>
/// <param name="batchSize">Images at a time; no influence on the result.</param>
/// <param name="seed">Of the attack.</param>
public sealed class Examiner(Classifier f, ImageSet images, int batchSize, long seed)
{
    /// <summary>Told after every batch.</summary>
    public Action<AnalysisProgress>? Progressed { get; init; }

    /// <summary>How progress calls the work.</summary>
    public string Stage { get; init; } = "attack";

    /// <summary>A row for each image, in their order.</summary>
    /// <param name="attack">The attack.</param>
    /// <param name="stop">Asks for a stop, heeded the next time that the classifier is asked.</param>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    /// <exception cref="InvalidOperationException">The attack left its threat model, or logits are no numbers.</exception>
    public IReadOnlyList<AttackedImage> Attack(IAttack attack, CancellationToken stop = default)
    {
        using var frozen = no_grad();
        var clock = Stopwatch.StartNew();
        var rows = new List<AttackedImage>(images.Count);
        for (var first = 0; first < images.Count; first += batchSize)
        {
            using var scope = NewDisposeScope();
            var batch = first..Math.Min(first + batchSize, images.Count);
            rows.AddRange(Rows(attack, ImageSet.Pixels(images.Images[batch]), images.Labels[batch], images.Indices[batch], stop));
            Progressed?.Invoke(new AnalysisProgress(Stage, rows.Count, images.Count, clock.Elapsed));
        }
        return rows;
    }

    private IEnumerable<AttackedImage> Rows(IAttack attack, Tensor x, Tensor y, Tensor samples, CancellationToken stop)
    {
        var (label, place) = (Whole(y), Whole(samples));
        var noise = Noise.Keyed(seed, samples).Stream(attack.Name);
        var z = Heeding(x);
        var clean = Prediction.Of(z, label, place);
        var xAdv = attack.Perturb(Heeding, x, y, noise);
        var norm = Remeasured.Norms(attack, x, xAdv, place);
        var zAdv = Heeding(xAdv);
        var adversarial = Prediction.Of(zAdv, label, place);
        // In float64 like all the rest; with the 1e-12 of the published loss, far below what matters here.
        var kl = Losses.Kl(z.to(ScalarType.Float64), zAdv.to(ScalarType.Float64)).cpu().data<double>().ToArray();

        // The bound asks for a point where the prediction differs from F(x). Where F(x) = y that is what was looked for
        // already; the others are attacked once more, away from what they are taken for.
        var flipped = (Prediction[])[.. adversarial];
        long[] wrong = [.. Enumerable.Range(0, label.Length).Where(i => clean[i].Class != label[i]).Select(i => (long)i)];
        if (wrong.Length > 0)
        {
            var rows = tensor(wrong, device: x.device);
            var taken = tensor([.. wrong.Select(i => clean[i].Class)], device: x.device);
            var from = x.index_select(0, rows);
            var moved = attack.Perturb(Heeding, from, taken, noise.Rows(rows));
            long[] places = [.. wrong.Select(i => place[i])];
            Remeasured.Norms(attack, from, moved, places);
            var found = Prediction.Of(Heeding(moved), [.. wrong.Select(i => label[i])], places);
            foreach (var (k, i) in wrong.Index()) flipped[i] = found[k];
        }
        return [.. label.Select((y, i) => new AttackedImage(
            place[i], y, clean[i].Class, clean[i].Probability, adversarial[i].Class, adversarial[i].Probability,
            kl[i], norm[i], flipped[i].Class, flipped[i].Probability))];

        Tensor Heeding(Tensor images)
        {
            stop.ThrowIfCancellationRequested();
            return f(images);
        }
    }

    private static long[] Whole(Tensor t) => t.cpu().data<long>().ToArray();
}
