using System.Diagnostics;
using Arow.Attacks;
using Arow.Data;

namespace Arow.Evaluation;

/// <summary>
/// Measures how well a classifier withstands attacks. Each attack in turn tries the images that are still classified
/// correctly, always from the original; an ensemble counts as its parts.
/// </summary>
/// <param name="runner">The classifier, the images and how they are attacked.</param>
public sealed class Evaluator(AttackRunner runner)
{
    private readonly ImageSet images = runner.Images;

    /// <summary>How much of the classifier is seen.</summary>
    public Access Access { get; init; }

    /// <summary>Whether adversarial images are also judged as 8-bit images: see <see cref="EightBits"/>.</summary>
    public bool Quantize { get; init; }

    /// <summary>
    /// Ends early once the upper end of the 95 % interval of robust accuracy is below it; null to go on to the end.
    /// </summary>
    public double? StopBelow { get; init; }

    /// <summary>Whether the model and the results are looked over for reasons not to trust them.</summary>
    public bool Check { get; init; }

    /// <summary>Remembers each batch, and what was done before; null to remember nothing.</summary>
    public EvaluationJournal? Journal { get; init; }

    /// <summary>Told when an attack begins and after every batch.</summary>
    public Action<EvaluationProgress>? Progressed { get; init; }

    /// <summary>Runs the attacks.</summary>
    /// <param name="attacks">In order; none for clean accuracy alone.</param>
    /// <param name="stop">Asks for a stop, heeded the next time that the classifier is asked.</param>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    /// <exception cref="InvalidOperationException">
    /// An attack left its threat model: the attack, not the classifier, is at fault.
    /// </exception>
    public EvaluationResult Run(IReadOnlyList<IAttack> attacks, CancellationToken stop = default)
    {
        using var frozen = no_grad();
        var parts = IEnsemble.Flatten(attacks);
        string[] names = [.. parts.Select(a => a.Name)];
        var left = new TimeLeft(parts, images.Classes.Count);
        var rows = Clean(names, left, stop);
        var right = rows.Count(r => r.Robust);
        var before = Check ? FindBefore(parts, rows, stop) : [];

        var results = new List<AttackResult>();
        var early = false;
        foreach (var (i, attack) in parts.Index())
        {
            if (early = Enough(rows)) break;
            var standing = runner.Positions.Where(k => rows[k].Robust).ToList();
            var tally = new AttackTally(attack, standing.Count);
            left.Next();
            Progressed?.Invoke(Progress());
            foreach (var batch in runner.Batches(standing))
            {
                if (early = Enough(rows)) break;
                stop.ThrowIfCancellationRequested();
                var outcome = Resumable(i + 1, tally.Tried, batch, () => Attack(attack, batch, [.. batch.Select(k => rows[k])], stop));
                foreach (var (k, row) in batch.Zip(outcome.Rows)) rows[k] = row;
                tally.Add(outcome);
                left.Add(attack, outcome);
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

    private bool Enough(SampleResult[] rows) =>
        StopBelow is { } bound && Confidence.Wilson(rows.Count(r => r.Robust), rows.Length).High < bound;

    private SampleResult[] Clean(string[] attacks, TimeLeft left, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var rows = new List<SampleResult>(images.Count);
        foreach (var batch in runner.Batches(runner.Positions))
        {
            var outcome = Resumable(0, rows.Count, batch, () => Clean(batch, stop));
            left.Add(outcome.Seconds, batch.Length);
            rows.AddRange(outcome.Rows);
            Progressed?.Invoke(new EvaluationProgress("clean", rows.Count, images.Count, rows.Count(r => r.Robust) / (double)rows.Count, clock.Elapsed)
            {
                Images = images.Count, Attacks = attacks, Left = left.Of(-1, images.Count - rows.Count, images.Count),
            });
        }
        return [.. rows];
    }

    /// <summary>Takes a batch from the journal, or computes it and has it kept.</summary>
    private BatchOutcome Resumable(int stage, int first, int[] batch, Func<BatchOutcome> compute)
    {
        return Journal is null ? Timed() : Journal.GetOrCompute(stage, first, [.. batch.Select(k => runner.Indices[k])], Timed);

        BatchOutcome Timed()
        {
            var clock = Stopwatch.StartNew();
            return compute() with { Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3) };
        }
    }

    private IReadOnlyList<Finding> FindBefore(IReadOnlyList<IAttack> parts, SampleResult[] rows, CancellationToken stop)
    {
        return Journal is null ? Find() : Journal.GetOrCompute(Find);

        IReadOnlyList<Finding> Find()
        {
            using var probe = new Probe(runner.Observed(stop), images, rows, parts, Access);
            return [.. Checks.Before(probe)];
        }
    }

    private BatchOutcome Clean(int[] batch, CancellationToken stop)
    {
        using var scope = NewDisposeScope();
        var clean = runner.Classify(runner.Load(batch), stop);
        return new BatchOutcome(
        [
            .. batch.Select((k, i) => new SampleResult(
                runner.Indices[k], clean.Label[i], clean.Predicted[i], clean.Predicted[i],
                clean.IsMisclassified(i) ? "clean" : null, clean.Margin[i], 0)),
        ]);
    }

    private BatchOutcome Attack(IAttack attack, int[] batch, SampleResult[] before, CancellationToken stop)
    {
        using var scope = NewDisposeScope();
        var attacked = runner.Attack(attack, runner.Load(batch), stop);
        return new BatchOutcome([.. before.Select(After)])
        {
            Traffic = attacked.Traffic,
            ZeroGradients = attacked.ZeroGradients is { } zero && zero.Contains(true)
                ? [.. before.Where((_, i) => zero[i]).Select(r => r.Index)]
                : null,
            Rounded = Quantize ? Rounded(attack.Threat, attacked) : null,
        };

        SampleResult After(SampleResult row, int i) => attacked.IsMisclassified(i) || attacked.Margin[i] < row.Margin
            ? row with
            {
                Adversarial = attacked.Predicted[i],
                Margin = attacked.Margin[i],
                Norm = attacked.Norm[i],
                BrokenBy = attacked.IsMisclassified(i) ? attack.Name : null,
            }
            : row;
    }

    /// <summary>Which adversarial images are classified correctly as 8-bit images.</summary>
    private List<long> Rounded(ThreatModel threat, AttackedBatch attacked)
    {
        long[] fallen = [.. attacked.Predicted.Index().Where(p => attacked.IsMisclassified(p.Index)).Select(p => (long)p.Index)];
        if (fallen.Length == 0) return [];
        var rows = tensor(fallen, device: attacked.XAdv.device);
        var rounded = EightBits.Round(attacked.XAdv.index_select(0, rows), attacked.Originals.X.index_select(0, rows), threat);
        long[] predicted = [.. runner.Classifier(rounded).argmax(1).cpu().data<long>()];
        return
        [
            .. fallen.Where((i, k) => predicted[k] == attacked.Label[(int)i]).Select(i => runner.Indices[attacked.Originals.Positions[(int)i]]),
        ];
    }
}
