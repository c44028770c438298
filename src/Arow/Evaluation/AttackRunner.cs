using Arow.Attacks;
using Arow.Data;
using Arow.Evaluation.Checks;

namespace Arow.Evaluation;

/// <summary>
/// Runs attacks on a set of images in batches, always from the original image. All attacks on sets run here, so
/// that an analysis, a curve or a picture finds the adversarial images of the evaluation: to the bit, if the batches
/// are the same.
/// </summary>
/// <remarks>
/// An adversarial image counts only after it has been verified in float64, inside the ball and the box, and
/// classified again by the classifier itself. Keyed randomness makes results independent of the batch size and of the
/// other images of a batch, except for the rounding of sums.
/// </remarks>
/// <param name="classifier">The classifier in evaluation mode; it decides whether an attack succeeded, unless there is a judge.</param>
/// <param name="images">The images to attack; disposed by their owner.</param>
/// <param name="batchSize">Images at a time.</param>
/// <param name="seed">Seed of the attacks.</param>
public sealed class AttackRunner(Classifier classifier, ImageSet images, int batchSize, long seed)
{
    private readonly Lazy<bool> hasGradients = new(() => GradientCheck.HasGradient(classifier, ImageSet.ToPixels(images.Gather(0, 1))));

    /// <summary>
    /// A faster form of the same function, which is attacked instead; null to attack the classifier
    /// itself.
    /// </summary>
    /// <remarks>
    /// The two differ in the last bits. Images that are misclassified by this form alone are attacked again, on the
    /// classifier.
    /// </remarks>
    public Classifier? FastClassifier { get; init; }

    /// <summary>
    /// An independent implementation of the classifier, which decides whether an attack succeeded, and is attacked itself where that needs no
    /// gradients; null for the classifier.
    /// </summary>
    public Classifier? Judge { get; init; }

    /// <summary>The source of the attacks' random numbers.</summary>
    public Randomness Randomness { get; init; }

    /// <summary>Called whenever an attack calls the classifier.</summary>
    public Action? Queried { get; init; }

    /// <summary>The classifier that decides whether an attack succeeded.</summary>
    public Classifier Classifier => Judge ?? classifier;

    /// <summary>The attacked images.</summary>
    public ImageSet Images => images;

    /// <summary>Positions of all images.</summary>
    public IReadOnlyList<int> Positions { get; } = [.. Enumerable.Range(0, images.Count)];

    /// <summary>The position of each image in the whole data set.</summary>
    public IReadOnlyList<long> Indices { get; } = ToArray(images.Indices);

    /// <summary>Splits positions into batches.</summary>
    /// <param name="positions">In the set.</param>
    public IEnumerable<int[]> Batches(IEnumerable<int> positions) => positions.Chunk(batchSize);

    /// <summary>Loads images, as tensors of the caller's dispose scope.</summary>
    /// <param name="positions">In the set.</param>
    /// <param name="labels">
    /// The class of each image of the set that attacks start from; null for the true ones.
    /// </param>
    public ImageBatch Load(IReadOnlyList<int> positions, IReadOnlyList<long>? labels = null)
    {
        using var scope = NewDisposeScope();
        var rows = tensor(positions.Select(p => (long)p).ToArray(), device: images.Device);
        var y = labels is null
            ? images.Labels.index_select(0, rows)
            : tensor(positions.Select(p => labels[p]).ToArray(), device: images.Device);
        return new ImageBatch(
            positions, images.Indices.index_select(0, rows).MoveToOuterDisposeScope(),
            ImageSet.ToPixels(images.Gather(rows)).MoveToOuterDisposeScope(), y.MoveToOuterDisposeScope());
    }

    /// <summary>Classifies clean images; tensors belong to the caller's dispose scope.</summary>
    /// <exception cref="OperationCanceledException">A stop was requested.</exception>
    public AttackedBatch Classify(ImageBatch batch, CancellationToken stop = default)
    {
        stop.ThrowIfCancellationRequested();
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        return new AttackedBatch(batch, batch.X, Classifier(batch.X).MoveToOuterDisposeScope());
    }

    /// <summary>Attacks a batch; tensors belong to the caller's dispose scope.</summary>
    /// <param name="attack">A single attack: an ensemble would not rebatch between its parts.</param>
    /// <param name="batch">The images.</param>
    /// <param name="stop">Requests a stop at the next call of the classifier.</param>
    /// <exception cref="OperationCanceledException">A stop was requested.</exception>
    /// <exception cref="InvalidOperationException">
    /// The attack left its threat model: the attack, not the classifier, is at fault.
    /// </exception>
    public AttackedBatch Attack(IAttack attack, ImageBatch batch, CancellationToken stop = default)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        using var monitor = new ClassifierMonitor(TargetOf(attack), Queried, stop);
        var xAdv = Perturb(monitor.Classify, attack, batch, attack.Name);
        monitor.CollectGradient();
        var logits = Classifier(xAdv);
        if (FastClassifier is not null)
        {
            // Misclassified by the faster form alone: the attack stopped too early.
            var fastOnly = ((FastClassifier(xAdv).argmax(1) != batch.Y) & (logits.argmax(1) == batch.Y)).nonzero().flatten();
            if (fastOnly.shape[0] > 0)
            {
                using var exactMonitor = new ClassifierMonitor(classifier, Queried, stop);
                var subset = new ImageBatch(
                    [], batch.Indices.index_select(0, fastOnly),
                    batch.X.index_select(0, fastOnly), batch.Y.index_select(0, fastOnly));
                xAdv = xAdv.clone().index_copy_(0, fastOnly, Perturb(exactMonitor.Classify, attack, subset, attack.Name));
                logits = Classifier(xAdv);
            }
        }
        return new AttackedBatch(batch, xAdv.MoveToOuterDisposeScope(), logits.MoveToOuterDisposeScope())
        {
            Norm = PerturbationVerifier.Verify(attack, batch.X, xAdv, [.. batch.Positions.Select(p => Indices[p])]),
            QueryCounts = monitor.QueryCounts,
            ZeroGradients = monitor.ZeroAtStart is { } zero && zero.Length == batch.Positions.Count ? zero : null,
        };
    }

    /// <summary>
    /// Attacks images in batches. The parts of an ensemble run in turn, each on the images that are still
    /// classified correctly. The tensors of a batch live until the next batch is requested.
    /// </summary>
    /// <param name="attack">The attack.</param>
    /// <param name="positions">The positions of the images in the set.</param>
    /// <param name="labels">As in <see cref="Load"/>.</param>
    /// <param name="stop">As in <see cref="Attack(IAttack, ImageBatch, CancellationToken)"/>.</param>
    public IEnumerable<AttackedBatch> Attack(
        IAttack attack, IReadOnlyList<int> positions, IReadOnlyList<long>? labels = null, CancellationToken stop = default)
    {
        return AttackParts(attack, positions, Run, batch => batch.Margin, (batch, i) => batch.IsMisclassified(i))
            .Select(part => part.Batch with { IsStrongest = part.IsStrongest, Finished = part.Finished });

        IEnumerable<(int[] Positions, AttackedBatch Batch)> Run(IAttack part, IEnumerable<int[]> subsets)
        {
            foreach (var subset in subsets)
            {
                using var scope = NewDisposeScope();
                yield return (subset, Attack(part, Load(subset, labels), stop));
            }
        }
    }

    /// <summary>
    /// Runs the parts of an ensemble in turn, each on the images that are still classified correctly, whoever attacks the batches.
    /// </summary>
    /// <typeparam name="T">What is known of a batch after an attack.</typeparam>
    /// <param name="attack">The attack.</param>
    /// <param name="positions">The positions of the images in the set.</param>
    /// <param name="run">Attacks batches with a part, in order.</param>
    /// <param name="margins">The margins of a batch's images.</param>
    /// <param name="isMisclassified">Whether an image of a batch is misclassified.</param>
    /// <returns>Each batch, with <see cref="AttackedBatch.IsStrongest"/> and <see cref="AttackedBatch.Finished"/>.</returns>
    internal IEnumerable<(int[] Positions, T Batch, bool[] IsStrongest, int Finished)> AttackParts<T>(
        IAttack attack, IReadOnlyList<int> positions, Func<IAttack, IEnumerable<int[]>, IEnumerable<(int[] Positions, T Batch)>> run,
        Func<T, IReadOnlyList<double>> margins, Func<T, int, bool> isMisclassified)
    {
        var parts = IEnsemble.Flatten([attack]);
        var smallest = new Dictionary<int, double>();
        foreach (var (index, part) in parts.Index())
        {
            var robust = new List<int>();
            foreach (var (subset, batch) in run(part, Batches(positions)))
            {
                var margin = margins(batch);
                bool[] strongest =
                    [.. subset.Select((p, i) => isMisclassified(batch, i) || margin[i] < smallest.GetValueOrDefault(p, double.PositiveInfinity))];
                foreach (var (i, p) in subset.Index().Where(s => strongest[s.Index])) smallest[p] = margin[i];
                var before = robust.Count;
                robust.AddRange(subset.Where((_, i) => !isMisclassified(batch, i)));
                var broken = subset.Length - (robust.Count - before);
                yield return (subset, batch, strongest, subset.Length + broken * (parts.Count - 1 - index));
            }
            positions = robust;
        }
    }

    /// <summary>
    /// Returns an attack's images for a batch, without verification or classification, in the caller's dispose scope.
    /// </summary>
    /// <param name="attack">The attack.</param>
    /// <param name="batch">The images.</param>
    /// <param name="stream">The stream of random numbers: <see cref="IAttack.Name"/> in evaluations.</param>
    public Tensor Perturb(IAttack attack, ImageBatch batch, string stream) =>
        Perturb(FastClassifier ?? classifier, attack, batch, stream);

    /// <summary>Wraps the classifier so that its calls can be stopped and are reported as in an attack.</summary>
    internal Classifier WithCancellation(CancellationToken stop) => x =>
    {
        stop.ThrowIfCancellationRequested();
        Queried?.Invoke();
        return classifier(x);
    };

    /// <summary>Returns the attacked function; without gradients, attacks that need them get zeros.</summary>
    private Classifier TargetOf(IAttack attack) =>
        attack.Needs != Access.Gradients ? FastClassifier ?? Classifier
        : hasGradients.Value ? FastClassifier ?? classifier : GradientCheck.WithZeroGradient(classifier);

    private static long[] ToArray(Tensor t)
    {
        using var here = t.cpu();
        return here.data<long>().ToArray();
    }

    private Tensor Perturb(Classifier target, IAttack attack, ImageBatch batch, string stream)
    {
        var (fidelity, noise) = Randomness == Randomness.Published
            ? (Fidelity.Published, Noise.Published(seed))
            : (Fidelity.Corrected, Noise.Keyed(seed, batch.Indices));
        return attack.With(fidelity).Perturb(target, batch.X, batch.Y, noise.Stream(stream));
    }
}
