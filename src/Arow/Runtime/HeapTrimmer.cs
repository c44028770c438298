namespace Arow.Runtime;

/// <summary>
/// Keeps the memory of a process that works on batch after batch from growing. glibc cannot reuse some freed blocks of tensors, which
/// are aligned: the heap of a predictor grows by up to 2 MB a batch (bench/results/2026-11-30-flat-predict.md).
/// </summary>
/// <param name="readResident">Reads the resident memory in bytes.</param>
/// <param name="trim">Returns freed memory to the system.</param>
internal sealed class HeapTrimmer(Func<long> readResident, Action trim)
{
    /// <summary>Least growth after which memory is returned, in bytes.</summary>
    public const long LeastGrowth = 1L << 26;

    private long? level;

    /// <summary>Creates one for this process.</summary>
    public HeapTrimmer()
        : this(() => Environment.WorkingSet, MallocTuning.Trim)
    {
    }

    /// <summary>
    /// Call it after each batch. The first batch, and the first after memory was returned, sets the level; growth beyond it by a quarter,
    /// and at least <see cref="LeastGrowth"/>, returns memory.
    /// </summary>
    public void EndBatch()
    {
        var resident = readResident();
        if (level is not { } before)
        {
            // Not at once: each batch takes again what was returned.
            level = resident;
            return;
        }
        if (resident <= before + Math.Max(LeastGrowth, before / 4)) return;
        trim();
        level = null;
    }
}
