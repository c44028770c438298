using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Arow.Runtime;

/// <summary>
/// Runs work on libtorch's own threads. A second thread pool would compete with them: each pool, spinning for its next work,
/// would take the cores from the other.
/// </summary>
internal static unsafe class TorchThreads
{
    // Entry points of GCC's OpenMP, which libtorch is linked to on Linux.
    private static readonly delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void> InParallel =
        (delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void>)LibTorch.Export("GOMP_parallel");
    private static readonly delegate* unmanaged<int> Number = (delegate* unmanaged<int>)LibTorch.Export("omp_get_thread_num");
    private static readonly delegate* unmanaged<int> Count = (delegate* unmanaged<int>)LibTorch.Export("omp_get_num_threads");
    private static readonly delegate* unmanaged<int, void> SetCount = (delegate* unmanaged<int, void>)LibTorch.Export("omp_set_num_threads");

    /// <summary>Whether libtorch's threads are available; otherwise .NET's threads do the work.</summary>
    public static bool AreShared { get; } = InParallel != null && Number != null && Count != null && SetCount != null;

    /// <summary>
    /// Calls a function for each number from 0 to n, on as many threads as the caller's libtorch has, each for a contiguous
    /// range. Inside, libtorch's operations run on the calling thread alone if there are several.
    /// </summary>
    public static void ForEach(long n, Action<long> work)
    {
        var threads = get_num_threads();
        if (threads == 1 || n == 1)
        {
            for (var i = 0L; i < n; i++) work(i);
        }
        else if (AreShared)
        {
            RunShared(n, work);
        }
        else
        {
            Parallel.For(0, n, new ParallelOptions { MaxDegreeOfParallelism = threads }, work);
        }
    }

    /// <summary>The number of parts that <see cref="ForEachPart"/> makes of n.</summary>
    public static long PartCount(long n) => Math.Min(get_num_threads(), n);

    /// <summary>Calls a function for each part of n, one a thread: its index, its first number and the one after its last.</summary>
    public static void ForEachPart(long n, Action<long, long, long> work)
    {
        var parts = PartCount(n);
        ForEach(parts, part => work(part, n * part / parts, n * (part + 1) / parts));
    }

    private static void RunShared(long n, Action<long> work)
    {
        var shared = new SharedWork(n, work);
        var handle = GCHandle.Alloc(shared);
        try
        {
            InParallel(&RunPart, GCHandle.ToIntPtr(handle), 0, 0);
        }
        finally
        {
            handle.Free();
        }
        shared.Exception?.Throw();
    }

    [UnmanagedCallersOnly]
    private static void RunPart(nint handle)
    {
        var shared = (SharedWork)GCHandle.FromIntPtr(handle).Target!;
        try
        {
            // oneDNN plans for the number of threads that it reads and waits for all of them at barriers, but here it gets one.
            // libtorch sets the number on a thread's first query, so it must be queried before.
            _ = get_num_threads();
            SetCount(1);
            long number = Number(), count = Count();
            for (var i = shared.N * number / count; i < shared.N * (number + 1) / count; i++) shared.Work(i);
        }
        // Exceptions must not reach native code.
        catch (Exception e)
        {
            shared.Exception = ExceptionDispatchInfo.Capture(e);
        }
    }

    private sealed class SharedWork(long n, Action<long> work)
    {
        public long N => n;

        public Action<long> Work => work;

        public ExceptionDispatchInfo? Exception { get; set; }
    }
}
