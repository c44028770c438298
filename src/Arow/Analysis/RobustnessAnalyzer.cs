using System.Diagnostics;
using System.Globalization;
using Arow.Attacks;
using Arow.Evaluation;

namespace Arow.Analysis;

/// <summary>
/// Attacks every image, including misclassified ones, and records the predictions. The correctly classified images form the
/// batches of an evaluation, and get the same adversarial images as there.
/// </summary>
/// <param name="runner">The classifier, which has gradients, the images and how they are attacked.</param>
internal sealed class RobustnessAnalyzer(AttackRunner runner)
{
    /// <summary>Receives the progress; null for nobody.</summary>
    public IAnalysisObserver? Observer { get; init; }

    /// <summary>The name of the stage in progress reports.</summary>
    public string Stage { get; init; } = "attack";

    /// <summary>The stages of the analysis that this is a part of.</summary>
    public AnalysisStages Stages { get; init; } = new(journal: null);

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
        using var logits = new CleanLogits(runner, stop);
        var label = runner.Images.Labels.cpu().data<long>().ToArray();
        Observer?.OnProgress(new AnalysisProgress(Stage, 0, label.Length, clock.Elapsed));
        var clean = Classify(logits, label, stop);
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
            foreach (var batch in Stages.Attack(runner, attack, positions, Describe, awayFrom, stop))
            {
                foreach (var (i, k) in batch.Positions.Index().Where(image => batch.IsStrongest[image.Index]))
                    found[k] = AttackOutcome.Parse(batch.Descriptions[i]);
                Observer?.OnProgress(new AnalysisProgress(Stage, finished += batch.Finished, all, clock.Elapsed));
            }
        }

        string[] Describe(AttackedBatch batch)
        {
            var places = batch.Originals.Positions;
            var predictions = Prediction.FromLogits(batch.Logits, [.. places.Select(k => label[k])], [.. places.Select(k => runner.Indices[k])]);
            // In float64 like all else; with the 1e-12 of the published loss, far below any relevant difference.
            var kl = Losses.Kl(logits.Select(places), batch.Logits.to(ScalarType.Float64)).cpu().data<double>().ToArray();
            return [.. predictions.Select((prediction, i) => new AttackOutcome(prediction, kl[i], batch.Norm[i]).ToText())];
        }
    }

    /// <summary>Returns the clean predictions of all images.</summary>
    private Prediction[] Classify(CleanLogits logits, long[] label, CancellationToken stop) =>
    [
        .. Stages.Run(runner.Batches(runner.Positions), positions =>
        {
            using var scope = NewDisposeScope();
            long[] indices = [.. positions.Select(k => runner.Indices[k])];
            return [.. Prediction.FromLogits(logits.Select(positions), [.. positions.Select(k => label[k])], indices)
                .Select((prediction, i) => string.Create(CultureInfo.InvariantCulture, $"{indices[i]}\t{prediction.ToText()}"))];
        }, stop).SelectMany(batch => AnalysisStages.Split(runner, batch.Positions, batch.Lines))
            .Select(cells => Prediction.Parse(cells[1], cells[2])),
    ];

    /// <summary>The logits of clean images, computed for those that are asked for and kept; always in the batches of all images.</summary>
    private sealed class CleanLogits(AttackRunner runner, CancellationToken stop) : IDisposable
    {
        private readonly List<int[]> batches = [.. runner.Batches(runner.Positions)];
        private readonly Dictionary<int, Tensor> known = [];

        /// <summary>Returns the logits, [N, K], float64.</summary>
        public Tensor Select(IReadOnlyList<int> positions)
        {
            var size = batches[0].Length;
            foreach (var number in positions.Select(k => k / size).Distinct().Where(number => !known.ContainsKey(number)))
            {
                using var scope = NewDisposeScope();
                // It outlives the batch that first needs it.
                known.Add(number, runner.Classify(runner.Load(batches[number]), stop).Logits.to(ScalarType.Float64).DetachFromDisposeScope());
            }
            return stack(positions.Select(k => known[k / size][k % size]));
        }

        public void Dispose()
        {
            foreach (var logits in known.Values) logits.Dispose();
        }
    }

    /// <summary>The result of an attack on one image.</summary>
    /// <param name="Prediction">The prediction at the adversarial image.</param>
    /// <param name="Kl">KL(p ‖ q), in nats.</param>
    /// <param name="Norm">The norm of the perturbation.</param>
    private readonly record struct AttackOutcome(Prediction Prediction, double Kl, double Norm)
    {
        public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Prediction.ToText()}\t{Kl:R}\t{Norm:R}");

        public static AttackOutcome Parse(string[] cells) => new(
            Prediction.Parse(cells[0], cells[1]), double.Parse(cells[2], CultureInfo.InvariantCulture),
            double.Parse(cells[3], CultureInfo.InvariantCulture));
    }
}
