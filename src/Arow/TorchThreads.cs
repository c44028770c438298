using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Arow;

/// <summary>
/// Work of our own on the threads that libtorch divides its operations among. Threads of another kind would stand beside them, and each
/// kind, waiting for its next piece, would take the cores from the other.
/// </summary>
internal static unsafe class TorchThreads
{
    // The entry points of GCC's OpenMP, which libtorch is linked to on Linux.
    private static readonly delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void> InParallel =
        (delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void>)LibTorch.Export("GOMP_parallel");
    private static readonly delegate* unmanaged<int> Number = (delegate* unmanaged<int>)LibTorch.Export("omp_get_thread_num");
    private static readonly delegate* unmanaged<int> Count = (delegate* unmanaged<int>)LibTorch.Export("omp_get_num_threads");
    private static readonly delegate* unmanaged<int, void> SetCount = (delegate* unmanaged<int, void>)LibTorch.Export("omp_set_num_threads");

    /// <summary>Whether they can be had; else work is done by .NET's.</summary>
    public static bool AreShared { get; } = InParallel != null && Number != null && Count != null && SetCount != null;

    /// <summary>
    /// Calls for each number from 0 to n, on as many threads as the caller's libtorch has, each for a stretch of them. Where several
    /// of libtorch's work, what it is asked for meanwhile is computed by the thread that asks.
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
            Share(n, work);
        }
        else
        {
            Parallel.For(0, n, new ParallelOptions { MaxDegreeOfParallelism = threads }, work);
        }
    }

    /// <summary>How many parts <see cref="ForEachPart"/> makes of n.</summary>
    public static long Parts(long n) => Math.Min(get_num_threads(), n);

    /// <summary>Calls for each part of n, one a thread: its number, its first and the one after its last.</summary>
    public static void ForEachPart(long n, Action<long, long, long> work)
    {
        var parts = Parts(n);
        ForEach(parts, part => work(part, n * part / parts, n * (part + 1) / parts));
    }

    private static void Share(long n, Action<long> work)
    {
        var shared = new Shared(n, work);
        var handle = GCHandle.Alloc(shared);
        try
        {
            InParallel(&TakePart, GCHandle.ToIntPtr(handle), 0, 0);
        }
        finally
        {
            handle.Free();
        }
        shared.Fault?.Throw();
    }

    [UnmanagedCallersOnly]
    private static void TakePart(nint handle)
    {
        var shared = (Shared)GCHandle.FromIntPtr(handle).Target!;
        try
        {
            // oneDNN plans for as many threads as it is told of and waits for them at its barriers, but inside here it gets one. libtorch
            // sets the number that it was told at a thread's first question: that is asked before.
            _ = get_num_threads();
            SetCount(1);
            long number = Number(), count = Count();
            for (var i = shared.N * number / count; i < shared.N * (number + 1) / count; i++) shared.Work(i);
        }
        // No exception may leave towards native code.
        catch (Exception e)
        {
            shared.Fault = ExceptionDispatchInfo.Capture(e);
        }
    }

    private sealed class Shared(long n, Action<long> work)
    {
        public long N => n;

        public Action<long> Work => work;

        public ExceptionDispatchInfo? Fault { get; set; }
    }
}
