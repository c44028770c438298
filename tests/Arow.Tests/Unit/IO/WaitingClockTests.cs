namespace Arow.Tests.Unit.IO;

public sealed class WaitingClockTests
{
    /// <summary>Of 4 s, a minute and 4 s again, in readings every 10 ms but for the minute.</summary>
    [Fact]
    public void A_suspension_of_this_process_is_not_time_that_others_took()
    {
        var now = TimeSpan.FromHours(1);
        var clock = new WaitingClock(() => now);
        Assert.Equal(TimeSpan.Zero, clock.Read());
        Wait();
        now += TimeSpan.FromMinutes(1);
        Assert.Equal(TimeSpan.FromSeconds(4) + WaitingClock.LongestTick, clock.Read());
        Wait();
        Assert.Equal(TimeSpan.FromSeconds(8) + WaitingClock.LongestTick, clock.Read());

        void Wait()
        {
            for (var tick = 0; tick < 400; tick++)
            {
                now += TimeSpan.FromMilliseconds(10);
                clock.Read();
            }
        }
    }

    [Fact]
    public void It_goes_on_with_the_clock_of_the_system()
    {
        var clock = new WaitingClock();
        var before = clock.Read();
        Assert.True(SpinWait.SpinUntil(() => clock.Read() > before + TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(30)));
    }
}
