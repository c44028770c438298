using System.Diagnostics;
using System.Globalization;
using Arow.Attacks;
using Arow.Evaluation;
using Arow.Statistics;

namespace Arow.Analysis;

/// <summary>One point of a curve.</summary>
/// <param name="At">The abscissa as text: 8/255, or 20 steps.</param>
/// <param name="Value">The abscissa as a number.</param>
/// <param name="N">Number of images.</param>
/// <param name="Right">Number of correctly classified images.</param>
/// <param name="Accuracy">The accuracy, with Wilson's interval.</param>
internal sealed record CurvePoint(string At, double Value, int N, int Right, Estimate Accuracy)
{
    internal static CurvePoint Create(string at, double value, int n, int right) => new(at, value, n, right, Estimate.Share(right, n));
}

/// <summary>Accuracy as a function of ε and of the steps of the attack.</summary>
/// <param name="runner">The classifier, the images and how they are attacked.</param>
internal sealed class AccuracyCurve(AttackRunner runner)
{
    /// <summary>Receives the progress; null for nobody.</summary>
    public IAnalysisObserver? Observer { get; init; }

    /// <summary>The stages of the analysis that this is a part of.</summary>
    public AnalysisStages Stages { get; init; } = new(journal: null);

    /// <summary>Prefix of the stage in progress reports.</summary>
    public string Stage { get; init; } = "";

    /// <summary>
    /// Computes the accuracy at each ε, smallest first. An image that is broken within some ε is broken within every larger
    /// one, since the smaller ball lies in the larger: it is not attacked again, and the curve never rises.
    /// </summary>
    /// <param name="epsilons">In any order; 0 is the clean accuracy.</param>
    /// <param name="attack">Creates the attack for an ε.</param>
    /// <param name="stop">Cancels before the next call of the classifier.</param>
    public IReadOnlyList<CurvePoint> OverEpsilon(IEnumerable<Ratio> epsilons, Func<Ratio, IAttack> attack, CancellationToken stop = default)
    {
        var (points, robust) = (new List<CurvePoint>(), FindCorrect(stop));
        foreach (var epsilon in epsilons.DistinctBy(e => e.Value).OrderBy(e => e.Value))
        {
            if (epsilon.Value > 0) robust = FindRobust(attack(epsilon), robust, $"{Stage}epsilon {epsilon}", stop);
            points.Add(CurvePoint.Create(epsilon.Text, epsilon.Value, runner.Images.Count, robust.Count));
        }
        return points;
    }

    /// <summary>
    /// Computes the accuracy under attacks of different numbers of steps, each on its own: with an attack that returns its last
    /// point, more steps may also undo what fewer have reached.
    /// </summary>
    /// <param name="steps">In any order; 0 is the clean accuracy.</param>
    /// <param name="attack">Creates the attack for a number of steps, at least 1.</param>
    /// <param name="stop">Cancels before the next call of the classifier.</param>
    public IReadOnlyList<CurvePoint> OverSteps(IEnumerable<int> steps, Func<int, IAttack> attack, CancellationToken stop = default)
    {
        var correct = FindCorrect(stop);
        return
        [
            .. steps.Distinct().Order().Select(count => CurvePoint.Create(
                $"{count}", count, runner.Images.Count,
                count == 0 ? correct.Count : FindRobust(attack(count), correct, $"{Stage}steps {count}", stop).Count)),
        ];
    }

    /// <summary>Returns the positions of the images that are correctly classified without an attack.</summary>
    private List<int> FindCorrect(CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var correct = new List<int>();
        foreach (var (positions, lines) in Stages.Run(runner.Batches(runner.Positions), Classify, stop))
        {
            var cells = AnalysisStages.Split(runner, positions, lines);
            correct.AddRange(positions.Where((_, i) => cells[i][1] == "1"));
            Observer?.OnProgress(new AnalysisProgress($"{Stage}clean", positions[^1] + 1, runner.Images.Count, clock.Elapsed));
        }
        return correct;

        string[] Classify(int[] positions)
        {
            using var scope = NewDisposeScope();
            var batch = runner.Classify(runner.Load(positions), stop);
            return [.. positions.Select((k, i) => string.Create(CultureInfo.InvariantCulture,
                $"{runner.Indices[k]}\t{(batch.IsMisclassified(i) ? 0 : 1)}"))];
        }
    }

    /// <summary>Returns the positions of the images that are still correctly classified under an attack.</summary>
    private List<int> FindRobust(IAttack attack, List<int> positions, string stage, CancellationToken stop)
    {
        var (clock, robust) = (Stopwatch.StartNew(), positions.ToHashSet());
        var (finished, all) = (0, IEnsemble.Flatten([attack]).Count * positions.Count);
        Observer?.OnProgress(new AnalysisProgress(stage, 0, all, clock.Elapsed));
        foreach (var batch in Stages.Attack(runner, attack, positions, batch => [.. batch.Label.Select(_ => "")], stop: stop))
        {
            robust.ExceptWith(batch.Positions.Where((_, i) => batch.Misclassified[i]));
            Observer?.OnProgress(new AnalysisProgress(stage, finished += batch.Finished, all, clock.Elapsed));
        }
        return [.. positions.Where(robust.Contains)];
    }
}
