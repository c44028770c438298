using System.Diagnostics;
using Arow.Attacks;
using Arow.Data;

namespace Arow.Evaluation;

/// <summary>Where an evaluation stands.</summary>
/// <param name="Attack">The attack at work.</param>
/// <param name="Done">Images that it is done with.</param>
/// <param name="Total">Images that it has to attack.</param>
/// <param name="Bound">Upper bound on robust accuracy so far, over all images.</param>
/// <param name="Elapsed">Since the attack began.</param>
public sealed record EvaluationProgress(string Attack, int Done, int Total, double Bound, TimeSpan Elapsed);

/// <summary>What one attack did.</summary>
/// <param name="Name">The attack.</param>
/// <param name="Attacked">Images that were still classified rightly when its turn came.</param>
/// <param name="Broken">Of those, how many it turned.</param>
/// <param name="Accuracy">What is left after it, over all images.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record AttackResult(string Name, int Attacked, int Broken, double Accuracy, double Seconds);

/// <summary>An evaluation: a row for each image, in the order given, and what each attack did.</summary>
/// <param name="Rows">One for each image.</param>
/// <param name="Attacks">In their order.</param>
public sealed record EvaluationResult(IReadOnlyList<SampleResult> Rows, IReadOnlyList<AttackResult> Attacks);

/// <summary>
/// Measures how well a classifier withstands attacks. Each attack in turn tries the images that are still classified
/// rightly, always from the original; randomness is keyed by image, so that results depend neither on the batch size nor
/// on who is still standing. An adversarial image counts only once it has been measured again in float64, inside the ball
/// and the box, and classified again.
/// </summary>
/// <param name="f">The classifier, in evaluation mode.</param>
/// <param name="images">What to measure on; disposed by its owner.</param>
/// <param name="batchSize">Images at a time; no influence on the result.</param>
/// <param name="seed">Seed of the attacks.</param>
public sealed class Evaluator(Classifier f, ImageSet images, int batchSize, long seed)
{
    /// <summary>Told after every batch.</summary>
    public Action<EvaluationProgress>? Progressed { get; init; }

    /// <summary>Runs the attacks.</summary>
    /// <param name="attacks">In order; none for clean accuracy alone.</param>
    /// <param name="stop">Asks for a stop after the current batch.</param>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    /// <exception cref="InvalidOperationException">An attack left its threat model: the attack, not the classifier, is at fault.</exception>
    public EvaluationResult Run(IReadOnlyList<IAttack> attacks, CancellationToken stop = default)
    {
        using var frozen = no_grad();
        var rows = Clean(stop);
        var results = new List<AttackResult>();
        foreach (var attack in attacks)
        {
            var clock = Stopwatch.StartNew();
            var standing = Enumerable.Range(0, rows.Length).Where(i => rows[i].Robust).ToList();
            var left = standing.Count;
            for (var first = 0; first < standing.Count; first += batchSize)
            {
                stop.ThrowIfCancellationRequested();
                var batch = standing.GetRange(first, Math.Min(batchSize, standing.Count - first));
                Attack(attack, batch, rows);
                left -= batch.Count(i => !rows[i].Robust);
                Progressed?.Invoke(new EvaluationProgress(
                    attack.Name, first + batch.Count, standing.Count, (double)left / rows.Length, clock.Elapsed));
            }
            results.Add(new AttackResult(
                attack.Name, standing.Count, standing.Count - left, (double)left / rows.Length, clock.Elapsed.TotalSeconds));
        }
        return new EvaluationResult(rows, results);
    }

    private SampleResult[] Clean(CancellationToken stop)
    {
        var rows = new SampleResult[images.Count];
        var clock = Stopwatch.StartNew();
        var right = 0;
        for (var first = 0; first < rows.Length; first += batchSize)
        {
            stop.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var batch = first..Math.Min(first + batchSize, rows.Length);
            var (x, y) = (ImageSet.Pixels(images.Images[batch]), images.Labels[batch]);
            var z = f(x);
            var (index, label, predicted, margin) =
                (Whole(images.Indices[batch]), Whole(y), Whole(z.argmax(1)), Real(Losses.Margin(z, y)));
            for (var i = 0; i < index.Length; i++)
            {
                var broken = predicted[i] == label[i] ? null : "clean";
                rows[first + i] = new SampleResult(index[i], label[i], predicted[i], predicted[i], broken, margin[i], 0);
                if (broken is null) right++;
            }
            Progressed?.Invoke(new EvaluationProgress(
                "clean", batch.End.Value, rows.Length, right / (double)batch.End.Value, clock.Elapsed));
        }
        return rows;
    }

    private void Attack(IAttack attack, List<int> batch, SampleResult[] rows)
    {
        using var scope = NewDisposeScope();
        var places = tensor(batch.Select(i => (long)i).ToArray(), device: images.Images.device);
        var x = ImageSet.Pixels(images.Images.index_select(0, places));
        var y = images.Labels.index_select(0, places);
        var noise = Noise.Keyed(seed, images.Indices.index_select(0, places)).Stream(attack.Name);

        var xAdv = attack.Perturb(f, x, y, noise);
        var norm = Measure(attack, x, xAdv, batch, rows);
        var z = f(xAdv);
        var (predicted, margin) = (Whole(z.argmax(1)), Real(Losses.Margin(z, y)));
        for (var i = 0; i < batch.Count; i++)
        {
            ref var row = ref rows[batch[i]];
            var broken = predicted[i] != row.Label;
            if (broken || margin[i] < row.Margin)
            {
                row = row with
                {
                    Adversarial = predicted[i], Margin = margin[i], Norm = norm[i], BrokenBy = broken ? attack.Name : null,
                };
            }
        }
    }

    /// <summary>The norms in float64, all within the threat model but for the rounding of float32 pixels.</summary>
    private static double[] Measure(IAttack attack, Tensor x, Tensor xAdv, List<int> batch, SampleResult[] rows)
    {
        var norm = Real(attack.Threat.Distance(xAdv, x));
        var lowest = Real(xAdv.flatten(1).amin([1]));
        var highest = Real(xAdv.flatten(1).amax([1]));
        var allowed = attack.Threat.Epsilon + attack.Threat.Rounding(x[0].numel());
        for (var i = 0; i < batch.Count; i++)
        {
            if (!(norm[i] <= allowed))
                throw new InvalidOperationException($"{attack.Name} moved image {rows[batch[i]].Index} by {norm[i]:g6}, beyond {attack.Threat}");
            if (!(lowest[i] >= 0 && highest[i] <= 1))
                throw new InvalidOperationException($"{attack.Name} left [0, 1] at image {rows[batch[i]].Index}: pixels from {lowest[i]:g6} to {highest[i]:g6}");
        }
        return norm;
    }

    private static long[] Whole(Tensor t) => t.cpu().data<long>().ToArray();

    private static double[] Real(Tensor t) => t.to(ScalarType.Float64).cpu().data<double>().ToArray();
}
