using System.Runtime.ExceptionServices;

namespace Arow.Data;

/// <summary>Parallel loops over images on a few cores: an image of twelve million pixels takes 64 MB while it is processed.</summary>
internal static class FewCores
{
    /// <summary>Calls an action for each index. Of several exceptions that of the lowest index is thrown, whichever thread failed first.</summary>
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
                // Lower indices are still processed.
                loop.Break();
            }
        });
        first?.Throw();
    }
}
