using Arow.Distributed;

namespace Arow.Tests.Unit.Distributed;

/// <summary>Of threads; processes are in <see cref="MpiCommunicatorTests"/>.</summary>
public sealed class SharedMemoryTests
{
    [Theory]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Float32)]
    public void A_tensor_that_all_have_is_held_once(ScalarType type)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "each keeps its own there");
        var ends = ThreadCommunicator.Run(3, group =>
        {
            using var scope = NewDisposeScope();
            var own = arange(60, dtype: type).view(3, 4, 5);
            var (shared, apart) = SharedMemory.Share(group, own);
            Assert.Empty(apart);
            Assert.Equal(own.shape, shared!.shape);
            Assert.Equal(type, shared.dtype);
            own.Dispose();
            group.Any(true);
            // What one writes is its own, whatever happens.
            shared[group.Rank] = 7;
            group.Any(true);
            return shared.to(ScalarType.Int64).sum([1, 2]).data<long>().ToArray();
        });
        long[] sums = [190, 590, 990];
        Assert.All(ends, end => Assert.Null(end.Fault));
        for (var rank = 0; rank < ends.Count; rank++)
            Assert.Equal(sums.Select((sum, block) => block == rank ? 7 * 20 : sum), ends[rank].Result!);
    }

    /// <summary>Other values, shapes or none: each keeps its own, and those that could have shared are named.</summary>
    [Fact]
    public void What_differs_is_kept()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "each keeps its own there");
        var ends = ThreadCommunicator.Run(5, group =>
        {
            using var scope = NewDisposeScope();
            var own = group.Rank switch { 2 => ones(4), 3 => zeros(5), 4 => null, _ => zeros(4) };
            var (shared, apart) = SharedMemory.Share(group, own);
            return (shared is not null, string.Join(' ', apart));
        });
        Assert.Equal([(true, "2"), (true, "2"), (false, "2"), (false, "2"), (false, "2")], ends.Select(end => end.Result));
    }

    [Fact]
    public void One_process_keeps_its_own()
    {
        using var own = zeros(4);
        Assert.Null(SharedMemory.Share(ProcessGroup.Single, own).Shared);
    }
}
