using System.Runtime.ExceptionServices;

namespace Arow.IO;

/// <summary>Parallel loops over images on a few cores: an image of twelve million pixels takes 64 MB while it is processed.</summary>
internal static class BoundedParallel
{
    /// <summary>Calls an action for each index. Of several exceptions that of the lowest index is thrown, whichever thread failed first.</summary>
    public static void ForEach(int from, int to, Action<int> action, CancellationToken cancellation = default)
    {
        var (gate, firstError, firstIndex) = (new Lock(), (ExceptionDispatchInfo?)null, int.MaxValue);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Min(4, Environment.ProcessorCount), CancellationToken = cancellation };
        Parallel.For(from, to, options, (i, loop) =>
        {
            try
            {
                action(i);
            }
            catch (Exception fault)
            {
                lock (gate)
                {
                    if (i < firstIndex) (firstError, firstIndex) = (ExceptionDispatchInfo.Capture(fault), i);
                }
                // Lower indices are still processed.
                loop.Break();
            }
        });
        firstError?.Throw();
    }
}
