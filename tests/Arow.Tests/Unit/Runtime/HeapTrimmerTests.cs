namespace Arow.Tests.Unit.Runtime;

/// <summary>When freed memory is returned to the system between batches.</summary>
public sealed class HeapTrimmerTests
{
    private const long Megabyte = 1 << 20;

    private long resident, returned;

    [Fact]
    public void MemoryThatGrowsBatchByBatchIsReturned()
    {
        var trimmer = Create(returns: true);
        var most = 0L;
        for (var batch = 0; batch < 10_000; batch++)
        {
            resident = Math.Max(resident, 200 * Megabyte) + 2 * Megabyte;
            trimmer.EndBatch();
            most = Math.Max(most, resident);
        }
        // The level of the first batch and the least growth: what exceeds it is returned.
        Assert.Equal(202 * Megabyte + HeapTrimmer.LeastGrowth, most);
        Assert.InRange(returned, 100, 10_000 / 20);
    }

    [Fact]
    public void WhatEachBatchNeedsIsNotReturnedEachTime()
    {
        // 400 MB that each batch takes again, which would be 400 MB of zeros from the system each time.
        var trimmer = Create(returns: true);
        for (var batch = 0; batch < 1000; batch++)
        {
            resident = 600 * Megabyte;
            trimmer.EndBatch();
        }
        Assert.Equal(0, returned);
    }

    [Fact]
    public void MemoryThatTheApplicationKeepsIsTriedOnceForEachGrowth()
    {
        var trimmer = Create(returns: false);
        for (var batch = 0; batch < 1000; batch++)
        {
            resident = (batch < 500 ? 200 : 800) * Megabyte;
            trimmer.EndBatch();
        }
        Assert.Equal(1, returned);
    }

    private HeapTrimmer Create(bool returns) => new(() => resident, () =>
    {
        returned++;
        if (returns) resident = 150 * Megabyte;
    });
}
