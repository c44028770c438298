using System.Diagnostics;
using Arow.Attacks;
using Arow.Evaluation;

namespace Arow.Analysis;

/// <summary>One point of a curve.</summary>
/// <param name="At">Where, as it was written: 8/255, or 20 steps.</param>
/// <param name="Value">Where, as a number.</param>
/// <param name="N">Images.</param>
/// <param name="Right">How many of them are right there.</param>
/// <param name="Accuracy">The share, with Wilson's interval.</param>
public sealed record CurvePoint(string At, double Value, int N, int Right, Estimate Accuracy)
{
    internal static CurvePoint Of(string at, double value, int n, int right) => new(at, value, n, right, Estimate.Share(right, n));
}

/// <summary>Accuracy against the size of perturbations and against the steps of the attack.</summary>
/// <param name="runner">The classifier, the images and how they are attacked.</param>
public sealed class AccuracyCurve(AttackRunner runner)
{
    /// <summary>Told after every batch.</summary>
    public Action<AnalysisProgress>? Progressed { get; init; }

    /// <summary>How progress calls the model.</summary>
    public string Stage { get; init; } = "";

    /// <summary>
    /// Accuracy at each ε, smallest first. An image that falls within some ε falls within every larger one, since the
    /// smaller ball lies in the larger: it is not attacked again, and the curve never rises.
    /// </summary>
    /// <param name="epsilons">Any order; 0 is the clean accuracy.</param>
    /// <param name="attack">Makes the attack for an ε.</param>
    /// <param name="stop">Asks for a stop, heeded the next time that the classifier is asked.</param>
    public IReadOnlyList<CurvePoint> OverEpsilon(IEnumerable<Ratio> epsilons, Func<Ratio, IAttack> attack, CancellationToken stop = default)
    {
        var (points, standing) = (new List<CurvePoint>(), Right(stop));
        foreach (var epsilon in epsilons.DistinctBy(e => e.Value).OrderBy(e => e.Value))
        {
            if (epsilon.Value > 0) standing = Left(attack(epsilon), standing, $"{Stage}epsilon {epsilon}", stop);
            points.Add(CurvePoint.Of(epsilon.Text, epsilon.Value, runner.Images.Count, standing.Count));
        }
        return points;
    }

    /// <summary>
    /// Accuracy under attacks of so many steps, each on its own: more steps of an attack that gives back its last point may
    /// also undo what fewer have reached.
    /// </summary>
    /// <param name="steps">Any order; 0 is the clean accuracy.</param>
    /// <param name="attack">Makes the attack of so many steps, at least 1.</param>
    /// <param name="stop">Asks for a stop, heeded the next time that the classifier is asked.</param>
    public IReadOnlyList<CurvePoint> OverSteps(IEnumerable<int> steps, Func<int, IAttack> attack, CancellationToken stop = default)
    {
        var right = Right(stop);
        return
        [
            .. steps.Distinct().Order().Select(count => CurvePoint.Of(
                $"{count}", count, runner.Images.Count,
                count == 0 ? right.Count : Left(attack(count), right, $"{Stage}steps {count}", stop).Count)),
        ];
    }

    /// <summary>The positions of the images that are right as they are.</summary>
    private List<int> Right(CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var right = new List<int>();
        foreach (var positions in runner.Batches(runner.Positions))
        {
            using var scope = NewDisposeScope();
            right.AddRange(runner.Classify(runner.Load(positions), stop).Standing);
            Progressed?.Invoke(new AnalysisProgress($"{Stage}clean", positions[^1] + 1, runner.Images.Count, clock.Elapsed));
        }
        return right;
    }

    /// <summary>Those of some images that an attack leaves right.</summary>
    private List<int> Left(IAttack attack, List<int> tried, string stage, CancellationToken stop)
    {
        var (clock, standing) = (Stopwatch.StartNew(), tried.ToHashSet());
        var (finished, all) = (0, IEnsemble.Flatten([attack]).Count * tried.Count);
        foreach (var batch in runner.Attack(attack, tried, stop: stop))
        {
            standing.ExceptWith(batch.Originals.Positions.Except(batch.Standing));
            Progressed?.Invoke(new AnalysisProgress(stage, finished += batch.Finished, all, clock.Elapsed));
        }
        return [.. tried.Where(standing.Contains)];
    }
}
