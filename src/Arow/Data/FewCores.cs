using System.Runtime.ExceptionServices;

namespace Arow.Data;

/// <summary>Work on many pictures at once, but on no more than a few cores: each of twelve million pixels takes 64 MB while it is at hand.</summary>
internal static class FewCores
{
    /// <summary>Calls for each number; of several faults that of the first one is thrown, whichever thread met one first.</summary>
    public static void ForEach(int from, int to, Action<int> act, CancellationToken stop = default)
    {
        var (gate, first, at) = (new Lock(), (ExceptionDispatchInfo?)null, int.MaxValue);
        var few = new ParallelOptions { MaxDegreeOfParallelism = Math.Min(4, Environment.ProcessorCount), CancellationToken = stop };
        Parallel.For(from, to, few, (i, loop) =>
        {
            try
            {
                act(i);
            }
            catch (Exception fault)
            {
                lock (gate)
                {
                    if (i < at) (first, at) = (ExceptionDispatchInfo.Capture(fault), i);
                }
                // Still does all that come before this one.
                loop.Break();
            }
        });
        first?.Throw();
    }
}
