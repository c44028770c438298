using Arow.Distributed;

namespace Arow.Tests.Unit.Distributed;

public sealed class ProcessGroupTests
{
    private static readonly long[][] Shapes = [[3, 5], [1], [17], [2, 2, 2]];

    private static Tensor[] Made(int rank)
    {
        using var generator = new Generator((ulong)rank + 1);
        return [.. Shapes.Select(shape => randn(shape, generator: generator))];
    }

    /// <summary>To the bit what one process has that adds the parts one after the other, whatever the number of processes.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Sums_are_taken_in_order(int size)
    {
        using var scope = NewDisposeScope();
        var expected = Made(0);
        for (var rank = 1; rank < size; rank++)
        {
            foreach (var (sum, more) in expected.Zip(Made(rank))) sum.add_(more);
        }
        var ends = ThreadCommunicator.Run(size, group =>
        {
            using var inner = NewDisposeScope();
            var tensors = Made(group.Rank);
            group.Sum(tensors);
            return tensors.SelectMany(t => t.data<float>().ToArray()).ToArray();
        });
        Assert.All(ends, end => Assert.Null(end.Fault));
        Assert.All(ends, end => Assert.Equal(expected.SelectMany(t => t.data<float>().ToArray()), end.Result!));
    }

    [Fact]
    public void What_the_first_process_has_all_have()
    {
        var ends = ThreadCommunicator.Run(3, group =>
        {
            using var scope = NewDisposeScope();
            var numbers = full([2, 3], group.Rank, ScalarType.Int64);
            group.Broadcast(numbers);
            return (group.Broadcast(() => group.IsFirst ? "größe" : throw new InvalidOperationException("only the first is asked")),
                numbers.sum().item<long>(), group.Any(group.Rank == 2), group.Any(false), group.Gather(group.Rank, 7).Sum(n => n[0] + n[1]));
        });
        Assert.All(ends, end => Assert.Equal((("größe", 0L, true, false, 24.0), null), end));
    }

    [Fact]
    public void Sums_are_taken_in_the_type_of_the_tensors()
    {
        var ends = ThreadCommunicator.Run(3, group =>
        {
            using var scope = NewDisposeScope();
            Tensor[] tensors = [full(3, 1f), full(2, Math.Pow(2, -40) * group.Rank, ScalarType.Float64), full(1, 2f)];
            group.Sum(tensors);
            return tensors.SelectMany(t => t.to(ScalarType.Float64).data<double>().ToArray()).ToArray();
        });
        Assert.All(ends, end => Assert.Equal([3, 3, 3, 3 * Math.Pow(2, -40), 3 * Math.Pow(2, -40), 6], end.Result!));
    }

    [Fact]
    public void Tensors_of_all_come_in_their_order()
    {
        var ends = ThreadCommunicator.Run(3, group =>
        {
            using var scope = NewDisposeScope();
            return group.Gather(full([2, 2], group.Rank, ScalarType.Int16)).sum([1, 2]).data<long>().ToArray();
        });
        Assert.All(ends, end => Assert.Equal([0, 4, 8], end.Result!));
    }

    /// <summary>Work of the first process may take longer than any process waits for another: it gives signs of life.</summary>
    [Fact]
    public void The_first_works_while_the_others_wait()
    {
        var signs = 0;
        var ends = ThreadCommunicator.Run(3, group =>
        {
            var worked = false;
            group.InFirst(() => worked = SpinWait.SpinUntil(() => Volatile.Read(ref signs) > 3, TimeSpan.FromSeconds(30)));
            return worked;
        }, gathered: rank => { if (rank == 2) Interlocked.Increment(ref signs); });
        Assert.Equal([(true, null), (false, null), (false, null)], ends);

        ends = ThreadCommunicator.Run(2, group =>
        {
            group.InFirst(() => throw new InputException("no such file"));
            return true;
        });
        Assert.Equal("no such file", Assert.IsType<InputException>(ends[0].Fault).Message);
        Assert.IsType<OtherProcessException>(ends[1].Fault);
    }

    [Fact]
    public void What_fails_in_one_fails_in_all_and_is_told_once()
    {
        var ends = ThreadCommunicator.Run(3, group => group.Together(() => group.Rank == 0 ? 5 : throw new InputException("no such file")));
        Assert.IsType<OtherProcessException>(ends[0].Fault);
        Assert.Equal("process 1 of 3: no such file", Assert.IsType<InputException>(ends[1].Fault).Message);
        Assert.IsType<OtherProcessException>(ends[2].Fault);

        ends = ThreadCommunicator.Run(2, group => group.Together<int>(() => throw new InputException("no such file")));
        Assert.Equal("no such file", Assert.IsType<InputException>(ends[0].Fault).Message);
        Assert.IsType<OtherProcessException>(ends[1].Fault);
        Assert.All(ThreadCommunicator.Run(2, group => group.Together(() => group.Rank)), end => Assert.Null(end.Fault));
    }
}
