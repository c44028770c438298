namespace Arow.Analysis;

/// <summary>How values are spread.</summary>
/// <param name="Mean">Their mean.</param>
/// <param name="Quantiles">A tenth, a quarter, half, three quarters, nine tenths of them lie below.</param>
public sealed record Spread(double Mean, double[] Quantiles)
{
    /// <summary>The shares that lie below the quantiles.</summary>
    public static readonly IReadOnlyList<double> Shares = [0.1, 0.25, 0.5, 0.75, 0.9];

    /// <summary>Of values, at least one. Between two of them quantiles go straight on.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Spread(sorted.Average(), [.. Shares.Select(At)]);

        double At(double share)
        {
            var place = share * (sorted.Length - 1);
            var (below, part) = ((int)place, place - (int)place);
            return part == 0 ? sorted[below] : sorted[below] + part * (sorted[below + 1] - sorted[below]);
        }
    }
}

/// <summary>The watched images after one epoch.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Weight">1 − q_y: how much ARoW's regularizer counts an image.</param>
/// <param name="Kl">KL(p ‖ q), in nats.</param>
/// <param name="Groups">Images in each group, least robust first.</param>
/// <param name="Bound">The risks and their bounds.</param>
public sealed record EpochWeights(int Epoch, Spread Weight, Spread Kl, IReadOnlyList<int> Groups, RiskBound Bound);

/// <summary>How images moved between groups from one epoch to another.</summary>
/// <param name="From">The epoch before.</param>
/// <param name="To">The epoch after.</param>
/// <param name="Counts">[group before][group after], least robust first.</param>
/// <param name="Up">Images in a more robust group than before.</param>
/// <param name="Down">Images in a less robust group than before.</param>
public sealed record GroupMoves(int From, int To, IReadOnlyList<IReadOnlyList<int>> Counts, int Up, int Down)
{
    /// <summary>Counts.</summary>
    /// <param name="before">Images after one epoch.</param>
    /// <param name="after">The same images in the same order after another.</param>
    public static GroupMoves Of(WatchedEpoch before, WatchedEpoch after)
    {
        var pairs = before.Images.Zip(after.Images, (a, b) => (From: a.Group, To: b.Group)).ToList();
        var counts = pairs.CountBy(p => p).ToDictionary();
        return new GroupMoves(
            before.Epoch, after.Epoch,
            [.. RobustnessGroups.All.Select(a => (IReadOnlyList<int>)[.. RobustnessGroups.All.Select(b => counts.GetValueOrDefault((a, b)))])],
            pairs.Count(p => p.To > p.From), pairs.Count(p => p.To < p.From));
    }
}

/// <summary>What training did to the images that were watched: a set of them over the epochs.</summary>
/// <param name="Set">training or validation.</param>
/// <param name="N">Images.</param>
/// <param name="Epochs">In their order, at least one.</param>
/// <param name="Moves">From each epoch to the next.</param>
/// <param name="Whole">From the first epoch to the last.</param>
public sealed record TrainingCourse(
    string Set, int N, IReadOnlyList<EpochWeights> Epochs, IReadOnlyList<GroupMoves> Moves, GroupMoves Whole)
{
    /// <summary>A course for each set.</summary>
    /// <param name="watched">By set and epoch, as <see cref="WatchFolder.Read()"/> gives them.</param>
    public static IReadOnlyList<TrainingCourse> Of(IReadOnlyList<WatchedEpoch> watched) =>
    [
        .. watched.GroupBy(e => e.Set).Select(set =>
        {
            List<WatchedEpoch> epochs = [.. set];
            return new TrainingCourse(
                set.Key, epochs[0].Images.Count, [.. epochs.Select(Weights)],
                [.. epochs.Zip(epochs.Skip(1), GroupMoves.Of)], GroupMoves.Of(epochs[0], epochs[^1]));
        }),
    ];

    private static EpochWeights Weights(WatchedEpoch epoch) => new(
        epoch.Epoch,
        Spread.Of(epoch.Images.Select(i => 1 - i.Q)),
        Spread.Of(epoch.Images.Select(i => i.Kl)),
        [.. RobustnessGroups.Count(epoch.Images).Select(g => g.N)],
        RiskBound.Of(epoch.Images));
}
