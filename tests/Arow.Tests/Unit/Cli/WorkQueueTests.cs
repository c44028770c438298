using Arow.Cli.Serving;

namespace Arow.Tests.Unit.Cli;

public sealed class WorkQueueTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_works_few_wait_and_none_for_long()
    {
        var queue = new WorkQueue(2, wait: TimeSpan.FromMilliseconds(50), limit: Timeout.InfiniteTimeSpan);
        using (queue.Admit())
        using (queue.Admit())
        {
            Assert.Equal(429, Assert.Throws<RequestException>(() => queue.Admit().Dispose()).Status);
            using var release = new ManualResetEventSlim();
            var working = queue.Run(_ =>
            {
                release.Wait(Cancellation);
                return 1;
            }, Cancellation);
            Assert.Equal(503, (await Assert.ThrowsAsync<RequestException>(() => queue.Run(_ => 2, Cancellation))).Status);
            Assert.False(await queue.Drain(TimeSpan.Zero));
            release.Set();
            Assert.Equal(1, await working);
        }
        // A place that was given back, or work that failed, hinders nobody.
        using var place = queue.Admit();
        await Assert.ThrowsAsync<InvalidOperationException>(() => queue.Run<int>(_ => throw new InvalidOperationException(), Cancellation));
        Assert.Equal(3, await queue.Run(_ => 3, Cancellation));
    }

    [Fact]
    public async Task Work_that_takes_too_long_is_ended_and_a_caller_who_leaves_ends_it()
    {
        var queue = new WorkQueue(1, wait: Timeout.InfiniteTimeSpan, limit: TimeSpan.FromMilliseconds(20));
        Assert.Equal(503, (await Assert.ThrowsAsync<RequestException>(() => queue.Run(Endless, Cancellation))).Status);
        using var gone = new CancellationTokenSource();
        var patient = new WorkQueue(1, wait: Timeout.InfiniteTimeSpan, limit: Timeout.InfiniteTimeSpan);
        var working = patient.Run(Endless, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => working);
        Assert.True(await patient.Drain(TimeSpan.Zero));

        static int Endless(CancellationToken stop)
        {
            stop.WaitHandle.WaitOne();
            stop.ThrowIfCancellationRequested();
            return 0;
        }
    }
}
