using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Arow.Data;

namespace Arow.Bench;

/// <summary>
/// A file of packed images read by position, as Arow does, beside the same file mapped into memory, and mapped with its pages released
/// after each batch: time of a batch, and resident memory after an epoch of batches.
/// </summary>
internal sealed partial class PackReading(string path)
{
    public const string Option = "--pack";

    private const int Batch = 256, BatchesEach = 20, Pairs = 15, BatchesForMemory = 800, Warm = 100_000;

    private const int DontNeed = 4;

    private readonly ImagePack pack = ImagePack.Open(path);

    /// <summary>Prints the ratios, the memory, then each pair.</summary>
    public unsafe void Report()
    {
        set_num_threads(1);
        using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        Console.WriteLine($"{Machine.Description}; {pack.Footer.Count} images of {pack.Footer.Width}x{pack.Footer.Height}, batches of {Batch}\n");
        Console.WriteLine("| way | after | from anonymous pages, MB | of files, MB |\n|---|---|---|---|");
        foreach (var (name, releases) in ((string, bool?)[])[("read", null), ("mapped, pages released after each batch", true), ("mapped", false)])
        {
            using var view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            var random = new Random(1);
            for (var done = 0; done <= BatchesForMemory; done += BatchesForMemory / 4)
            {
                Console.WriteLine($"| {name} | {done} batches | {ReadStatus("RssAnon")} | {ReadStatus("RssFile")} |");
                if (done < BatchesForMemory)
                    Take(name == "read" ? null : start, releases == true, random, BatchesForMemory / 4, (int)pack.Footer.Count);
            }
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }

        using var mapped = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* map = null;
        mapped.SafeMemoryMappedViewHandle.AcquirePointer(ref map);
        // The images of the pairs are in the cache of the system, and those of the mapped way in its page table.
        for (var row = 0L; row < Warm; row++) _ = map[ImagePack.HeadBytes + row * pack.Footer.ImageBytes];
        Take(null, false, new Random(0), BatchesEach, Warm);
        var rows = new List<string>();
        Console.WriteLine("\n| way | images a second, read | time mapped by time read | in processor time |\n|---|---|---|---|");
        foreach (var (name, releases) in ((string, bool)[])[("mapped", false), ("mapped, pages released after each batch", true)])
            Console.WriteLine(Compare(name, map, releases, rows));
        mapped.SafeMemoryMappedViewHandle.ReleasePointer();
        Console.WriteLine("\nway\tpair\tread_s\tmapped_s\tread_processor_s\tmapped_processor_s");
        foreach (var row in rows) Console.WriteLine(row);
    }

    private unsafe string Compare(string name, byte* map, bool releases, List<string> rows)
    {
        var readings = new List<(Reading Read, Reading Mapped)>();
        for (var pair = 0; pair < Pairs; pair++)
        {
            var (readFirst, random) = (pair % 2 == 0, new Random(pair + 2));
            var first = Reading.Of(() => Take(readFirst ? null : map, releases, random, BatchesEach, Warm));
            var second = Reading.Of(() => Take(readFirst ? map : null, releases, random, BatchesEach, Warm));
            var (read, mapped) = readFirst ? (first, second) : (second, first);
            readings.Add((read, mapped));
            rows.Add($"{name}\t{pair}\t{read.Elapsed:0.0000}\t{mapped.Elapsed:0.0000}\t{read.Processor:0.0000}\t{mapped.Processor:0.0000}");
        }
        var (elapsed, processor) = (Times.Of(readings, r => r.Elapsed), Times.Of(readings, r => r.Processor));
        return $"| {name} | {BatchesEach * Batch / elapsed.Ours:0} | {elapsed} | {processor} |";
    }

    /// <summary>Collects batches of random images: from the map, or by reading where there is none.</summary>
    private unsafe void Take(byte* map, bool releases, Random random, int batches, int count)
    {
        var (size, length) = (pack.Footer.ImageBytes, (nuint)(ImagePack.HeadBytes + pack.Footer.Count * pack.Footer.ImageBytes));
        for (var i = 0; i < batches; i++)
        {
            using var scope = NewDisposeScope();
            var numbers = new long[Batch];
            for (var k = 0; k < Batch; k++) numbers[k] = random.Next(count);
            var rows = tensor(numbers);
            if (map is null)
            {
                _ = pack.Read(rows);
                continue;
            }
            var pixels = empty([Batch, pack.Footer.Channels, pack.Footer.Height, pack.Footer.Width], ScalarType.Byte);
            var target = (byte*)pixels.storage<byte>().data_ptr();
            for (var k = 0; k < Batch; k++) Buffer.MemoryCopy(map + ImagePack.HeadBytes + numbers[k] * size, target + k * size, size, size);
            if (releases && MAdvise((nint)map, length, DontNeed) != 0) throw new IOException("madvise failed");
        }
    }

    private static long ReadStatus(string name)
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) >> 10;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdvise(nint address, nuint length, int advice);
}
