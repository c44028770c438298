using System.Diagnostics;
using Arow.Attacks;
using Arow.Data;

namespace Arow.Evaluation;

/// <summary>
/// Measures how well a classifier withstands attacks. Each attack in turn tries the images that are still classified
/// rightly, always from the original; an ensemble counts as its parts. By default randomness is keyed by image, so that
/// results depend neither on the batch size nor on who is still standing. An adversarial image counts only once it has
/// been measured again in float64, inside the ball and the box, and classified again.
/// </summary>
/// <param name="f">The classifier, in evaluation mode.</param>
/// <param name="images">What to measure on; disposed by its owner.</param>
/// <param name="batchSize">Images at a time; no influence on the result but for published randomness.</param>
/// <param name="seed">Seed of the attacks.</param>
public sealed class Evaluator(Classifier f, ImageSet images, int batchSize, long seed)
{
    /// <summary>The same function as the classifier in a form that is computed faster, for attacks to look at; null for the classifier itself.</summary>
    /// <remarks>
    /// The two differ in the last bits. The classifier judges what attacks find, and what fools the other form alone is attacked
    /// again, on the classifier.
    /// </remarks>
    public Classifier? Attacked { get; init; }

    /// <summary>How much of the classifier is seen.</summary>
    public Access Access { get; init; }

    /// <summary>Where the attacks have their random numbers from.</summary>
    public Randomness Randomness { get; init; }

    /// <summary>Whether adversarial images are also judged as 8-bit images: see <see cref="EightBits"/>.</summary>
    public bool Quantize { get; init; }

    /// <summary>Ends early once the upper end of the 95 % interval of robust accuracy is below it; null to go on to the end.</summary>
    public double? StopBelow { get; init; }

    /// <summary>Whether the model and the results are looked over for reasons not to trust them.</summary>
    public bool Check { get; init; }

    /// <summary>Remembers each batch, and what was done before; null to remember nothing.</summary>
    public EvaluationJournal? Journal { get; init; }

    /// <summary>Told when an attack begins and after every batch.</summary>
    public Action<EvaluationProgress>? Progressed { get; init; }

    /// <summary>Told whenever an attack asks the classifier.</summary>
    public Action? Ticked { get; init; }

    /// <summary>Runs the attacks.</summary>
    /// <param name="attacks">In order; none for clean accuracy alone.</param>
    /// <param name="stop">Asks for a stop, heeded the next time that the classifier is asked.</param>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    /// <exception cref="InvalidOperationException">An attack left its threat model: the attack, not the classifier, is at fault.</exception>
    public EvaluationResult Run(IReadOnlyList<IAttack> attacks, CancellationToken stop = default)
    {
        using var frozen = no_grad();
        IReadOnlyList<IAttack> parts = [.. IEnsemble.Flatten(attacks).Select(attack => attack.With(Fidelity))];
        var rows = new SampleResult[images.Count];
        string[] names = [.. parts.Select(a => a.Name)];
        var left = new TimeLeft(parts, images.Classes.Count);
        Clean(rows, names, left, stop);
        var right = rows.Count(r => r.Robust);
        var before = Check ? Checked(parts, rows, stop) : [];

        var target = GradientsReach(parts) ? Attacked ?? f : Reach.Zero(f);
        var results = new List<AttackResult>();
        var early = false;
        foreach (var (i, attack) in parts.Index())
        {
            if (early = Enough(rows)) break;
            var standing = Enumerable.Range(0, rows.Length).Where(k => rows[k].Robust).ToList();
            var tally = new AttackTally(attack, standing.Count);
            left.Next();
            Progressed?.Invoke(Progress());
            for (var first = 0; first < standing.Count; first += batchSize)
            {
                if (early = Enough(rows)) break;
                stop.ThrowIfCancellationRequested();
                var batch = standing.GetRange(first, Math.Min(batchSize, standing.Count - first));
                var (done, known) = Recorded(i + 1, first, batch, rows, () => Attack(attack, target, batch, rows, stop));
                tally.Add(done, known, batch.Count, batch.Count(k => !rows[k].Robust));
                left.Add(attack, done, batch.Count);
                Progressed?.Invoke(Progress());
            }

            EvaluationProgress Progress()
            {
                var stand = rows.Count(r => r.Robust);
                return new(attack.Name, tally.Tried, standing.Count, (double)stand / rows.Length, tally.Elapsed)
                {
                    Remembered = tally.Remembered, Images = rows.Length, Attacks = names, Results = results,
                    Left = left.Of(i, standing.Count - tally.Tried, stand),
                };
            }
            results.Add(tally.Result(rows.Length, rows.Count(r => r.Robust), right) with { Balanced = BalancedAccuracy.Of(rows, r => r.Robust) });
        }
        return new EvaluationResult(rows, results)
        {
            Findings = Check ? [.. before, .. Checks.After(new Aftermath(rows, results, images.Classes.Count))] : [],
            EndedEarly = early,
        };
    }

    /// <summary>Attacks that need none do not mind.</summary>
    private bool GradientsReach(IReadOnlyList<IAttack> parts)
    {
        if (images.Count == 0 || parts.All(a => a.Needs != Access.Gradients)) return true;
        using var scope = NewDisposeScope();
        return Reach.Of(f, ImageSet.Pixels(images.Images[..1]));
    }

    private bool Enough(SampleResult[] rows) =>
        StopBelow is { } bound && Confidence.Wilson(rows.Count(r => r.Robust), rows.Length).High < bound;

    private void Clean(SampleResult[] rows, string[] attacks, TimeLeft left, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        for (var first = 0; first < rows.Length; first += batchSize)
        {
            var batch = Enumerable.Range(first, Math.Min(batchSize, rows.Length - first)).ToList();
            var (done, _) = Recorded(0, first, batch, rows, () => Clean(batch, rows, stop));
            left.Add(done.Seconds, batch.Count);
            var seen = batch[^1] + 1;
            Progressed?.Invoke(new EvaluationProgress("clean", seen, rows.Length, rows.Take(seen).Count(r => r.Robust) / (double)seen, clock.Elapsed)
            {
                Images = rows.Length, Attacks = attacks, Left = left.Of(-1, rows.Length - seen, rows.Length),
            });
        }
    }

    /// <summary>Takes a batch from the journal, or does it and has it kept.</summary>
    private (BatchRecord Batch, bool Known) Recorded(int stage, int first, List<int> batch, SampleResult[] rows, Func<BatchRecord> work)
    {
        if (Journal?.Find(stage, first) is not { } known)
        {
            var clock = Stopwatch.StartNew();
            var done = work() with { Stage = stage, First = first };
            done = done with { Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3), Rows = Journal is null ? [] : [.. batch.Select(k => rows[k].ToLine())] };
            Journal?.Append(done);
            return (done, false);
        }
        using var scope = NewDisposeScope();
        var places = Whole(images.Indices);
        for (var i = 0; i < batch.Count; i++)
        {
            rows[batch[i]] = known.Rows.Count == batch.Count && SampleResult.Parse(known.Rows[i]) is { } row && row.Index == places[batch[i]]
                ? row
                : throw new InputException("the journal does not fit the evaluation; without that file it begins anew");
        }
        return (known, true);
    }

    private IReadOnlyList<Finding> Checked(IReadOnlyList<IAttack> parts, SampleResult[] rows, CancellationToken stop)
    {
        if (Journal?.Find(BatchRecord.Checks, 0) is { Findings: { } known }) return known;
        using var probe = new Probe(Heeding, images, rows, parts, Access);
        IReadOnlyList<Finding> found = [.. Checks.Before(probe)];
        Journal?.Append(new BatchRecord(BatchRecord.Checks, 0, 0, []) { Findings = found });
        return found;

        Tensor Heeding(Tensor x)
        {
            stop.ThrowIfCancellationRequested();
            Ticked?.Invoke();
            return f(x);
        }
    }

    private BatchRecord Clean(List<int> batch, SampleResult[] rows, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        var range = batch[0]..(batch[^1] + 1);
        var (x, y) = (ImageSet.Pixels(images.Images[range]), images.Labels[range]);
        var z = f(x);
        var (index, label, predicted, margin) =
            (Whole(images.Indices[range]), Whole(y), Whole(z.argmax(1)), Real(Losses.Margin(z, y)));
        for (var i = 0; i < index.Length; i++)
        {
            var broken = Wrong(predicted[i], label[i], margin[i]) ? "clean" : null;
            rows[batch[i]] = new SampleResult(index[i], label[i], predicted[i], predicted[i], broken, margin[i], 0);
        }
        return new BatchRecord(0, 0, 0, []);
    }

    private BatchRecord Attack(IAttack attack, Classifier target, List<int> batch, SampleResult[] rows, CancellationToken stop)
    {
        using var scope = NewDisposeScope();
        var places = Places(batch);
        var x = ImageSet.Pixels(images.Images.index_select(0, places));
        var y = images.Labels.index_select(0, places);
        using var watch = new Watch(target, Ticked, stop);
        var xAdv = attack.Perturb(watch.Classify, x, y, NoiseOf(places).Stream(attack.Name));
        watch.Look();
        var z = f(xAdv);
        if (Attacked is not null)
        {
            // What fools only the faster form: the attack had no reason to go on with it.
            var disputed = ((Attacked(xAdv).argmax(1) != y) & (z.argmax(1) == y)).nonzero().flatten();
            if (disputed.shape[0] > 0)
            {
                xAdv = AgainOnTheClassifier(attack, disputed, xAdv, x, y, places, stop);
                z = f(xAdv);
            }
        }

        var norm = Remeasured.Norms(attack, x, xAdv, [.. batch.Select(k => rows[k].Index)]);
        var (predicted, margin) = (Whole(z.argmax(1)), Real(Losses.Margin(z, y)));
        var fallen = new List<int>();
        for (var i = 0; i < batch.Count; i++)
        {
            ref var row = ref rows[batch[i]];
            var broken = Wrong(predicted[i], row.Label, margin[i]);
            if (broken) fallen.Add(i);
            if (broken || margin[i] < row.Margin)
            {
                row = row with
                {
                    Adversarial = predicted[i],
                    Margin = margin[i],
                    Norm = norm[i],
                    BrokenBy = broken ? attack.Name : null,
                };
            }
        }
        return new BatchRecord(0, 0, 0, [])
        {
            Traffic = watch.Traffic,
            ZeroGradients = watch.ZeroAtFirst is { } zero && zero.Length == batch.Count && zero.Contains(true)
                ? [.. batch.Where((_, i) => zero[i]).Select(k => rows[k].Index)]
                : null,
            Rounded = Quantize ? Rounded(attack.Threat, x, xAdv, fallen, batch, rows) : null,
        };
    }

    /// <summary>The adversarial images, some ([M] rows) from an attack that looks at the classifier itself.</summary>
    private Tensor AgainOnTheClassifier(IAttack attack, Tensor some, Tensor xAdv, Tensor x, Tensor y, Tensor places, CancellationToken stop)
    {
        using var scope = NewDisposeScope();
        using var watch = new Watch(f, Ticked, stop);
        var again = attack.Perturb(
            watch.Classify, x.index_select(0, some), y.index_select(0, some), NoiseOf(places.index_select(0, some)).Stream(attack.Name));
        return xAdv.clone().index_copy_(0, some, again).MoveToOuterDisposeScope();
    }

    /// <summary>Which of the fallen are right again as 8-bit images.</summary>
    private List<long> Rounded(ThreatModel threat, Tensor x, Tensor xAdv, List<int> fallen, List<int> batch, SampleResult[] rows)
    {
        if (fallen.Count == 0) return [];
        var which = Places(fallen);
        var (from, to) = (x.index_select(0, which), xAdv.index_select(0, which));
        var predicted = Whole(f(EightBits.Round(to, from, threat)).argmax(1));
        return [.. fallen.Select(i => rows[batch[i]]).Where((row, i) => predicted[i] == row.Label).Select(row => row.Index)];
    }

    /// <summary>Nobody published the corrected algorithms on the published draws, or the other way round.</summary>
    private Fidelity Fidelity => Randomness == Randomness.Published ? Fidelity.Published : Fidelity.Corrected;

    private Noise NoiseOf(Tensor places) => Randomness == Randomness.Published
        ? Noise.Published(seed)
        : Noise.Keyed(seed, images.Indices.index_select(0, places));

    private Tensor Places(List<int> rows) => tensor(rows.Select(i => (long)i).ToArray(), device: images.Images.device);

    /// <summary>A logit that is no number leaves no prediction.</summary>
    private static bool Wrong(long predicted, long label, double margin) => predicted != label || double.IsNaN(margin);

    private static long[] Whole(Tensor t) => t.cpu().data<long>().ToArray();

    private static double[] Real(Tensor t) => t.to(ScalarType.Float64).cpu().data<double>().ToArray();
}
