using Arow.Analysis;

namespace Arow.Tests.Unit.Analysis;

public sealed class TrainingCourseTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static AttackedImage Image(long index, double q) => new(index, 0, 0, 0.9, q > 0.5 ? 0 : 1, q, 2 * q, 0.03, q > 0.5 ? 0 : 1, q);

    private static ProbedEpoch Epoch(int epoch, params double[] q) => new("training", epoch, [.. q.Select((value, i) => Image(i, value))]);

    [Fact]
    public void What_was_watched_is_told()
    {
        var watch = new ProbeFolder(folder.File("watch"));
        Assert.Empty(watch.Read());
        watch.Write(Epoch(10, 0.9, 0.45, 0.1, 0.6));
        watch.Write(Epoch(9, 0.2, 0.2, 0.2, 0.8));
        watch.Write(new ProbedEpoch("validation", 9, [Image(5, 0.4)]));
        var courses = TrainingCourse.Compute(watch.Read());
        Assert.Equal([("training", 4), ("validation", 1)], courses.Select(c => (c.Set, c.N)));

        var course = courses[0];
        Assert.Equal([9, 10], course.Epochs.Select(e => e.Epoch));
        Assert.Equal([3, 0, 0, 1], course.Epochs[0].Groups);
        Assert.Equal([1, 1, 1, 1], course.Epochs[1].Groups);
        Assert.Equal((0.8 * 3 + 0.2) / 4, course.Epochs[0].Weight.Mean, 1e-12);
        // 1 − q of 0.9, 0.45, 0.1, 0.6, in order .1 .4 .55 .9: a tenth lies 0.3 of the way from the first to the second.
        double[] expected = [0.1 + 0.3 * 0.3, 0.1 + 0.75 * 0.3, 0.475, 0.55 + 0.25 * 0.35, 0.55 + 0.7 * 0.35];
        Assert.All(expected.Zip(course.Epochs[1].Weight.Quantiles), p => Assert.Equal(p.First, p.Second, 1e-12));
        Assert.Equal(2 * 0.35, course.Epochs[0].Kl.Mean, 1e-12);
        Assert.Equal(0.75, course.Epochs[0].Bound.Robust.Value);

        var moves = Assert.Single(course.Moves);
        // The first rose from least to highly, the second to less, the third stayed, the fourth fell from highly to robust.
        Assert.Equal([[1, 1, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]], moves.Counts);
        Assert.Equal((2, 1), (moves.Up, moves.Down));
        Assert.Equal(moves.Counts, course.Whole.Counts);
        Assert.Empty(courses[1].Moves);
    }

    [Fact]
    public void Damaged_or_foreign_records_are_named()
    {
        var watch = new ProbeFolder(folder.Path);
        watch.Write(Epoch(1, 0.9, 0.2));
        watch.Write(new ProbedEpoch("training", 2, [Image(0, 0.4), Image(7, 0.4)]));
        Assert.Contains("epoch 2 are not those of epoch 1", Assert.Throws<InputException>(() => watch.Read()).Message);
        var file = folder.File("training-0002.tsv");
        File.AppendAllText(file, "0\t1\n");
        Assert.Equal($"{file}: line 4 is not a valid row", Assert.Throws<InputException>(() => watch.Read()).Message);
        File.WriteAllText(file, "");
        Assert.Equal($"{file}: is not a table of probed images", Assert.Throws<InputException>(() => watch.Read()).Message);
        File.Move(file, folder.File("training-two.tsv"));
        Assert.Contains("training-two.tsv", Assert.Throws<InputException>(() => watch.Read()).Message);
    }

    [Fact]
    public void Wins_and_losses_by_hand()
    {
        // Robust are those with q above one half.
        AttackedImage[] first = [Image(0, 0.1), Image(1, 0.2), Image(2, 0.45), Image(3, 0.6), Image(4, 0.6), Image(5, 0.9)];
        AttackedImage[] second = [Image(0, 0.1), Image(1, 0.8), Image(2, 0.9), Image(3, 0.2), Image(4, 0.7), Image(5, 0.9)];
        var c = GroupComparison.Compare(first, second);
        Assert.Equal(
        [
            new GroupOutcome(RobustnessGroup.Least, N: 2, First: 0, Second: 1, Wins: 1, Losses: 0),
            new GroupOutcome(RobustnessGroup.Less, 1, 0, 1, 1, 0),
            new GroupOutcome(RobustnessGroup.Robust, 2, 2, 1, 0, 1),
            new GroupOutcome(RobustnessGroup.Highly, 1, 1, 1, 0, 0),
        ], c.ByFirst);
        Assert.Equal(new GroupOutcome(RobustnessGroup.Least, 2, First: 0, Second: 1, Wins: 1, Losses: 0), c.BySecond[0]);
        Assert.Equal((2, 1, 2, 1), (c.Robust.Both, c.Robust.OnlyFirst, c.Robust.OnlySecond, c.Robust.Neither));
        Assert.Throws<ArgumentException>(() => GroupComparison.Compare(first, [.. second.Reverse()]));
    }
}
