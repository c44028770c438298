namespace Arow.Tests.Unit.Runtime;

public sealed class TorchThreadsTests
{
    [Fact]
    public void On_Linux_they_can_be_had() => Assert.Equal(OperatingSystem.IsLinux(), TorchThreads.AreShared);

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(7), InlineData(100)]
    public void Each_number_is_called_once(int n)
    {
        OnOne();
        TwoThreads.Run(OnOne);

        void OnOne()
        {
            var calls = new int[n];
            TorchThreads.ForEach(n, i => Interlocked.Increment(ref calls[i]));
            Assert.All(calls, c => Assert.Equal(1, c));
        }
    }

    [Fact]
    public void Two_threads_take_a_half_each_and_their_operations_are_their_own() => TwoThreads.Run(() =>
    {
        var (threads, counts) = (new int[10], new int[10]);
        TorchThreads.ForEach(10, i =>
        {
            threads[i] = Environment.CurrentManagedThreadId;
            counts[i] = get_num_threads();
        });
        Assert.All(threads[..5], t => Assert.Equal(Environment.CurrentManagedThreadId, t));
        Assert.Single(threads[5..].Distinct());
        Assert.NotEqual(threads[0], threads[9]);
        Assert.All(counts, c => Assert.Equal(1, c));
        Assert.Equal(2, get_num_threads());
    });

    [Theory, InlineData(0), InlineData(3)]
    public void A_fault_of_either_comes_to_the_caller(int at) => TwoThreads.Run(() =>
    {
        var fault = Assert.Throws<InputException>(() => TorchThreads.ForEach(4, i =>
        {
            if (i == at) throw new InputException("here");
        }));
        Assert.Equal("here", fault.Message);

        var sum = 0L;
        TorchThreads.ForEach(4, i => Interlocked.Add(ref sum, i));
        Assert.Equal(6, sum);
    });
}
