using Arow.Runtime;

namespace Arow.Bench;

/// <summary>The threads of the loops that are written once more.</summary>
internal static class WrittenThreads
{
    /// <summary>Whether they are libtorch's; the step that is being taken says so.</summary>
    public static bool AreTorchs { get; set; }

    /// <summary>Calls for all of n images: the first of some, and the one after the last.</summary>
    public static void Share(int n, Action<int, int> some)
    {
        if (get_num_threads() == 1) some(0, n);
        else if (AreTorchs) TorchThreads.ForEach(n, i => some((int)i, (int)i + 1));
        else Parallel.For(0, n, new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() }, i => some(i, i + 1));
    }
}
