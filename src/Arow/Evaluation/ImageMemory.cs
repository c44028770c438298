using Arow.Data;
using Arow.Distributed;
using Arow.Runtime;

namespace Arow.Evaluation;

/// <summary>Images that all processes of a job need, which those of one machine hold once.</summary>
internal static class ImageMemory
{
    /// <summary>Makes the processes of a machine hold the same memory. All processes call it.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="warn">Takes a warning about processes that keep their own.</param>
    /// <param name="sets">The same images in all processes; null for none.</param>
    public static void Share(ProcessGroup group, Action<string>? warn, params ImageSet?[] sets)
    {
        var apart = new SortedSet<int>();
        foreach (var set in sets)
        {
            var (shared, others) = SharedMemory.Share(group, set?.InMemory);
            if (shared is not null) set!.Move(shared);
            apart.UnionWith(others);
        }
        // Freed copies would stay with the process otherwise.
        if (!group.IsSingle) MallocTuning.Trim();
        if (apart.Count == 0) return;
        warn?.Invoke($"{(apart.Count == 1 ? "process" : "processes")} {string.Join(", ", apart)}: cannot share the images in memory with the others of "
            + "their machine, and hold their own");
    }
}
