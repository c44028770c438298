namespace Arow.Tests;

/// <summary>Counts tensors, exactly, on the thread that makes them.</summary>
internal static class LiveTensors
{
    /// <summary>Fails if repeating the action leaves tensors behind; the first two times may build what stays.</summary>
    public static void AssertNoneLeft(Action action)
    {
        var statistics = DisposeScopeManager.Statistics.TensorStatistics;
        action();
        action();
        var before = statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 20; i++) action();
        Assert.Equal(before, statistics.ThreadTotalLiveCount);
    }
}
