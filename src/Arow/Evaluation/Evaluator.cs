using System.Diagnostics;
using Arow.Attacks;
using Arow.Data;
using Arow.Evaluation.Checks;
using Arow.Statistics;

namespace Arow.Evaluation;

/// <summary>
/// Evaluates the robust accuracy of a classifier. Each attack in turn runs on the images that are still classified
/// correctly, always from the original; an ensemble counts as its parts.
/// </summary>
/// <param name="runner">The runner with the classifier and the images.</param>
public sealed class Evaluator(AttackRunner runner)
{
    private readonly ImageSet images = runner.Images;

    /// <summary>The access to the classifier.</summary>
    public Access Access { get; init; }

    /// <summary>Whether adversarial images are also classified as 8-bit images: see <see cref="EightBitRounding"/>.</summary>
    public bool Quantize { get; init; }

    /// <summary>
    /// Ends early once the upper end of the 95 % interval of robust accuracy is below it; null to run to the end.
    /// </summary>
    public double? StopBelow { get; init; }

    /// <summary>Whether the model and the results are checked for findings.</summary>
    public bool Check { get; init; }

    /// <summary>The journal of finished batches; null for none.</summary>
    internal EvaluationJournal? Journal { get; init; }

    /// <summary>Called with the images of each attacked batch; null if they are not needed.</summary>
    internal Action<IAttack, AttackedBatch>? Attacked { get; init; }

    /// <summary>Receives the progress; null for nobody.</summary>
    public IEvaluationObserver? Observer { get; init; }

    /// <summary>Runs the attacks.</summary>
    /// <param name="attacks">The attacks in order; none for clean accuracy alone.</param>
    /// <param name="stop">Requests a stop at the next call of the classifier.</param>
    /// <exception cref="OperationCanceledException">A stop was requested.</exception>
    /// <exception cref="InvalidOperationException">
    /// An attack left its threat model: the attack, not the classifier, is at fault.
    /// </exception>
    public EvaluationResult Run(IReadOnlyList<IAttack> attacks, CancellationToken stop = default)
    {
        using var frozen = no_grad();
        var parts = IEnsemble.Flatten(attacks);
        string[] names = [.. parts.Select(a => a.Name)];
        var eta = new EtaEstimator(parts, images.Classes.Count);
        var (rows, confidence) = EvaluateClean(names, eta, stop);
        var correct = rows.Count(r => r.Robust);
        var checks = CreateChecks(parts, [.. rows], stop);
        // If another process has claimed them, the attacks need not wait.
        if (Check) checks.TryGetOrCompute(0);

        var results = new List<AttackResult>();
        var endedEarly = false;
        foreach (var (i, attack) in parts.Index())
        {
            if (endedEarly = IsBelowBound(rows)) break;
            var robust = runner.Positions.Where(k => rows[k].Robust).ToList();
            var tally = new AttackTally(attack, robust.Count);
            eta.StartAttack();
            Observer?.OnProgress(Progress());
            foreach (var (batch, outcome) in GetOrCompute(i + 1, robust, b => EvaluateAttack(attack, b, [.. b.Select(k => rows[k])], stop), stop))
            {
                // The journal keeps no images: those that were found before, or elsewhere, are found again.
                if (Attacked is not null && outcome.IsResumed && outcome.Rows.Any(row => !row.Robust))
                    EvaluateAttack(attack, batch, [.. batch.Select(k => rows[k])], stop);
                foreach (var (k, row) in batch.Zip(outcome.Rows)) rows[k] = row;
                tally.Add(outcome);
                eta.Add(attack, outcome);
                Observer?.OnProgress(Progress());
                if (tally.Tried < robust.Count && (endedEarly = IsBelowBound(rows))) break;
            }

            EvaluationProgress Progress()
            {
                var robustCount = rows.Count(r => r.Robust);
                return new(attack.Name, tally.Tried, robust.Count, (double)robustCount / rows.Length, tally.Elapsed)
                {
                    Resumed = tally.Resumed, Images = rows.Length, Attacks = names, Results = results,
                    TimeLeft = eta.Estimate(i, robust.Count - tally.Tried, robustCount),
                };
            }
            var result = tally.Result(rows.Length, rows.Count(r => r.Robust), correct);
            results.Add(result with { Balanced = BalancedAccuracy.Compute(rows, r => r.Robust) });
        }
        return new EvaluationResult(rows, results)
        {
            Findings = Check
                ? [.. checks.GetOrCompute(0).Findings!, .. FindingChecks.CheckResults(new ResultContext(rows, results))]
                : [],
            EndedEarly = endedEarly,
            Confidence = confidence,
        };
    }

    private bool IsBelowBound(SampleResult[] rows) =>
        StopBelow is { } bound && Confidence.Wilson(rows.Count(r => r.Robust), rows.Length).High < bound;

    private (SampleResult[] Rows, double[]? Confidence) EvaluateClean(string[] attacks, EtaEstimator eta, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var (rows, confidence) = (new List<SampleResult>(images.Count), new List<double>(images.Count));
        foreach (var (batch, outcome) in GetOrCompute(0, runner.Positions, batch => EvaluateClean(batch, stop), stop))
        {
            eta.Add(outcome.Seconds, batch.Length);
            rows.AddRange(outcome.Rows);
            confidence.AddRange(outcome.Confidence ?? []);
            Observer?.OnProgress(new EvaluationProgress(NoAttack.Name, rows.Count, images.Count, rows.Count(r => r.Robust) / (double)rows.Count,
                clock.Elapsed)
            {
                Images = images.Count, Attacks = attacks, TimeLeft = eta.Estimate(-1, images.Count - rows.Count, images.Count),
            });
        }
        return ([.. rows], confidence.Count == rows.Count ? [.. confidence] : null);
    }

    /// <summary>
    /// Returns the batches of a stage with their outcomes, in order: from the journal, or computed here or by a process that shares the
    /// evaluation.
    /// </summary>
    private IEnumerable<(int[] Batch, BatchOutcome Outcome)> GetOrCompute(
        int stage, IReadOnlyList<int> positions, Func<int[], BatchOutcome> compute, CancellationToken stop)
    {
        List<int[]> batches = [.. runner.Batches(positions)];
        var work = EvaluationStage.Create(Journal, stage, batches, batch => BatchRecord.From(compute(batch)), stop);
        foreach (var (n, batch) in batches.Index())
        {
            var outcome = work.GetOrCompute(n).ToOutcome([.. batch.Select(k => runner.Indices[k])]);
            yield return (batch, outcome with { IsResumed = !work.IsComputedHere(n) });
        }
    }

    /// <summary>Creates the stage of the checks of the model, which interpret the rows of the clean images.</summary>
    private EvaluationStage CreateChecks(IReadOnlyList<IAttack> parts, SampleResult[] rows, CancellationToken stop) =>
        new(Journal, BatchRecord.Checks, [0], _ =>
        {
            using var context = new ModelCheckContext(runner.WithCancellation(stop), images, rows, parts, Access);
            return new BatchRecord(BatchRecord.Checks, 0, 0, []) { Findings = [.. FindingChecks.CheckModel(context)] };
        }, stop);

    private BatchOutcome EvaluateClean(int[] batch, CancellationToken stop)
    {
        using var scope = NewDisposeScope();
        var clean = runner.Classify(runner.Load(batch), stop);
        return new BatchOutcome(
        [
            .. batch.Select((k, i) => new SampleResult(
                runner.Indices[k], clean.Label[i], clean.Predicted[i], clean.Predicted[i],
                clean.IsMisclassified(i) ? NoAttack.Name : null, clean.Margin[i], 0)),
        ])
        {
            Confidence = Access == Access.Labels ? null : [.. F.softmax(clean.Logits.to(ScalarType.Float64), 1).amax([1L]).cpu().data<double>()],
        };
    }

    private BatchOutcome EvaluateAttack(IAttack attack, int[] batch, SampleResult[] previous, CancellationToken stop)
    {
        using var scope = NewDisposeScope();
        var attacked = runner.Attack(attack, runner.Load(batch), stop);
        Attacked?.Invoke(attack, attacked);
        return new BatchOutcome([.. previous.Select(Update)])
        {
            QueryCounts = attacked.QueryCounts,
            ZeroGradients = attacked.ZeroGradients is { } zero && zero.Contains(true)
                ? [.. previous.Where((_, i) => zero[i]).Select(r => r.Index)]
                : null,
            Rounded = Quantize ? FindRecovered(attack.Threat, attacked) : null,
        };

        SampleResult Update(SampleResult row, int i) => attacked.IsMisclassified(i) || attacked.Margin[i] < row.Margin
            ? row with
            {
                Adversarial = attacked.Predicted[i],
                Margin = attacked.Margin[i],
                Norm = attacked.Norm[i],
                BrokenBy = attacked.IsMisclassified(i) ? attack.Name : null,
            }
            : row;
    }

    /// <summary>Finds the adversarial images that are classified correctly as 8-bit images.</summary>
    private List<long> FindRecovered(ThreatModel threat, AttackedBatch attacked)
    {
        long[] broken = [.. attacked.Predicted.Index().Where(p => attacked.IsMisclassified(p.Index)).Select(p => (long)p.Index)];
        if (broken.Length == 0) return [];
        var rows = tensor(broken, device: attacked.XAdv.device);
        var rounded = EightBitRounding.Round(attacked.XAdv.index_select(0, rows), attacked.Originals.X.index_select(0, rows), threat);
        long[] predicted = [.. runner.Classifier(rounded).argmax(1).cpu().data<long>()];
        return
        [
            .. broken.Where((i, k) => predicted[k] == attacked.Label[(int)i]).Select(i => runner.Indices[attacked.Originals.Positions[(int)i]]),
        ];
    }
}
