using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Arow.Distributed;

/// <summary>
/// Tensors that all processes hold, once for each machine: the first process of a machine writes one into memory without a name, which the
/// others map. The system frees it with the last of them, however they end. Linux only.
/// </summary>
internal static partial class SharedMemory
{
    private const int CloseOnExec = 1;

    /// <summary>Bytes that are copied or compared at a time.</summary>
    private const long BlockSize = 1L << 26;

    /// <summary>Makes all processes of a machine hold the same memory in place of a copy each. All processes call it.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="tensor">With the same values in all processes; null where this one has none in the memory of the CPU.</param>
    /// <returns>
    /// A tensor in memory that is shared and copied on write; null where the process keeps its own. And the numbers of the processes that keep
    /// their own although another of their machine shares its.
    /// </returns>
    public static (Tensor? Shared, IReadOnlyList<int> Apart) Share(ProcessGroup group, Tensor? tensor)
    {
        if (group.IsSingle) return (null, []);
        if (tensor is not null && (tensor.device.type != DeviceType.CPU || !tensor.is_contiguous() || tensor.numel() == 0)) tensor = null;
        var places = group.Gather(Place(tensor, group.Rank)).Select(place => place[0]).ToArray();
        var owner = Array.IndexOf(places, places[group.Rank]);
        var isShared = places.Count(place => place == places[group.Rank]) > 1;
        using var file = isShared && owner == group.Rank ? Write(tensor!) : null;
        // Others reach the file of the owner by the number of its process.
        var files = group.Gather(Environment.ProcessId, file is null ? -1 : file.DangerousGetHandle());
        var shared = isShared && files[owner][1] >= 0
            ? Map(string.Create(CultureInfo.InvariantCulture, $"/proc/{files[owner][0]}/fd/{files[owner][1]}"), tensor!) : null;
        // The owner keeps the file open until all have mapped it.
        var keepsOwn = group.Gather(isShared && shared is null ? 1 : 0);
        return (shared, [.. Enumerable.Range(0, group.Size).Where(rank => keepsOwn[rank][0] != 0)]);
    }

    /// <summary>A number that is the same in the processes that can share a tensor, and in no others.</summary>
    private static double Place(Tensor? tensor, int rank)
    {
        // What a double holds exactly.
        const int Bits = 52;
        var place = tensor is null || !OperatingSystem.IsLinux() ? $"{rank}"
            : $"{Read("/proc/sys/kernel/random/boot_id")} {File.ResolveLinkTarget("/proc/self/ns/pid", returnFinalTarget: false)} "
                + $"{tensor.dtype} {string.Join(' ', tensor.shape)}";
        return BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(place))) >> (64 - Bits);

        static string Read(string path) => File.Exists(path) ? File.ReadAllText(path) : "";
    }

    /// <summary>Writes a tensor into memory; null where the system has none.</summary>
    private static SafeFileHandle? Write(Tensor tensor)
    {
        var number = CreateMemoryFile("arow-images", CloseOnExec);
        if (number < 0) return null;
        var file = new SafeFileHandle(number, ownsHandle: true);
        try
        {
            long at = 0;
            foreach (var block in Blocks(tensor))
            {
                using (block)
                {
                    RandomAccess.Write(file, block.bytes, at);
                    at += block.bytes.Length;
                }
            }
            return file;
        }
        catch (IOException)
        {
            file.Dispose();
            return null;
        }
    }

    /// <summary>Maps a file that contains a tensor; null where it cannot be reached or has other values.</summary>
    private static Tensor? Map(string path, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        try
        {
            var mapped = from_file(path, shared: false, size: tensor.numel(), dtype: tensor.dtype, device: CPU).view(tensor.shape);
            foreach (var (own, other) in Blocks(tensor).Zip(Blocks(mapped)))
            {
                using (own)
                using (other)
                {
                    if (!own.bytes.SequenceEqual(other.bytes)) return null;
                }
            }
            return mapped.MoveToOuterDisposeScope();
        }
        catch (ExternalException)
        {
            return null;
        }
    }

    /// <summary>The tensor as vectors of some length, which follow one another.</summary>
    private static IEnumerable<Tensor> Blocks(Tensor tensor)
    {
        using var vector = tensor.view(-1);
        var length = Math.Max(1, BlockSize / tensor.element_size());
        for (long first = 0; first < vector.numel(); first += length) yield return vector.narrow(0, first, Math.Min(length, vector.numel() - first));
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemoryFile(string name, uint flags);
}
