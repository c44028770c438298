namespace Arow.Analysis;

/// <summary>Mean and quantiles of values.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Quantiles">The quantiles at <see cref="Levels"/>.</param>
internal sealed record Distribution(double Mean, double[] Quantiles)
{
    /// <summary>The levels of the quantiles.</summary>
    public static readonly IReadOnlyList<double> Levels = [0.1, 0.25, 0.5, 0.75, 0.9];

    /// <summary>Computes mean and linearly interpolated quantiles of at least one value.</summary>
    public static Distribution Compute(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Distribution(sorted.Average(), [.. Levels.Select(Quantile)]);

        double Quantile(double share)
        {
            var position = share * (sorted.Length - 1);
            var (below, part) = ((int)position, position - (int)position);
            return part == 0 ? sorted[below] : sorted[below] + part * (sorted[below + 1] - sorted[below]);
        }
    }
}

/// <summary>The probed images after one epoch.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Weight">1 − q_y: the weight of an image in ARoW's regularizer.</param>
/// <param name="Kl">KL(p ‖ q), in nats.</param>
/// <param name="Groups">Number of images in each group, least robust first.</param>
/// <param name="Bound">The risks and their bounds.</param>
internal sealed record EpochWeights(int Epoch, Distribution Weight, Distribution Kl, IReadOnlyList<int> Groups, RiskBound Bound);

/// <summary>The transitions of images between groups from one epoch to another.</summary>
/// <param name="From">The earlier epoch.</param>
/// <param name="To">The later epoch.</param>
/// <param name="Counts">[earlier group][later group], least robust first.</param>
/// <param name="Up">Number of images that moved to a more robust group.</param>
/// <param name="Down">Number of images that moved to a less robust group.</param>
internal sealed record GroupMoves(int From, int To, IReadOnlyList<IReadOnlyList<int>> Counts, int Up, int Down)
{
    /// <summary>Counts the transitions.</summary>
    /// <param name="before">Images after one epoch.</param>
    /// <param name="after">The same images in the same order after another epoch.</param>
    public static GroupMoves Compute(ProbedEpoch before, ProbedEpoch after)
    {
        var pairs = before.Images.Zip(after.Images, (a, b) => (From: a.Group, To: b.Group)).ToList();
        var counts = pairs.CountBy(p => p).ToDictionary();
        return new GroupMoves(
            before.Epoch, after.Epoch,
            [.. RobustnessGroups.All.Select(a => (IReadOnlyList<int>)[.. RobustnessGroups.All.Select(b => counts.GetValueOrDefault((a, b)))])],
            pairs.Count(p => p.To > p.From), pairs.Count(p => p.To < p.From));
    }
}

/// <summary>The course of a set of probed images over the epochs of a training run.</summary>
/// <param name="Set">training or validation.</param>
/// <param name="N">Number of images.</param>
/// <param name="Epochs">The epochs in order, at least one.</param>
/// <param name="Moves">Transitions from each epoch to the next.</param>
/// <param name="Whole">Transitions from the first epoch to the last.</param>
internal sealed record TrainingCourse(
    string Set, int N, IReadOnlyList<EpochWeights> Epochs, IReadOnlyList<GroupMoves> Moves, GroupMoves Whole)
{
    /// <summary>Computes the course of each set.</summary>
    /// <param name="probed">Probed epochs by set and epoch, see <see cref="ProbeFolder.Read()"/>.</param>
    public static IReadOnlyList<TrainingCourse> Compute(IReadOnlyList<ProbedEpoch> probed) =>
    [
        .. probed.GroupBy(e => e.Set).Select(set =>
        {
            List<ProbedEpoch> epochs = [.. set];
            return new TrainingCourse(
                set.Key, epochs[0].Images.Count, [.. epochs.Select(ComputeWeights)],
                [.. epochs.Zip(epochs.Skip(1), GroupMoves.Compute)], GroupMoves.Compute(epochs[0], epochs[^1]));
        }),
    ];

    private static EpochWeights ComputeWeights(ProbedEpoch epoch) => new(
        epoch.Epoch,
        Distribution.Compute(epoch.Images.Select(i => 1 - i.Q)),
        Distribution.Compute(epoch.Images.Select(i => i.Kl)),
        [.. RobustnessGroups.Summarize(epoch.Images).Select(g => g.N)],
        RiskBound.Compute(epoch.Images));
}
