using System.Runtime.InteropServices;

namespace Arow.Runtime;

/// <summary>
/// Keeps the numbers that TorchSharp passes to libtorch until no call can still be reading them.
/// <para>
/// TorchSharp wraps each number of <c>x * 2.0</c> or <c>x + y</c> in a <c>Scalar</c> and does not keep it alive during the
/// native call. Once its pointer has been read the garbage collector may collect it; its finalizer frees the number, and
/// libtorch reads freed memory, with a wrong result or an unrelated exception. This happens within TorchSharp's own
/// methods, so that callers cannot avoid it.
/// </para>
/// <para>
/// This class delays the deletion. The function by which TorchSharp's native library frees memory is redirected to a few
/// instructions that put a number into a ring buffer and free the one that was put there <see cref="Capacity"/> deletions
/// before. A call would have to take that long between its start and the reading of its numbers, which it does first. The
/// buffer never holds more than <see cref="Capacity"/> numbers of 32 bytes.
/// </para>
/// </summary>
internal static unsafe partial class ScalarQuarantine
{
    /// <summary>
    /// Size of the ring buffer, a power of two: a quarter of a second at a million deletions a second, the rate of eight threads
    /// that do nothing else.
    /// </summary>
    internal const int Capacity = 1 << 18;

    /// <summary>Bytes of libtorch's <c>c10::Scalar</c>.</summary>
    private const byte ScalarSize = 32;

    /// <summary>C++'s <c>operator delete(void*, std::size_t)</c>.</summary>
    private const string Delete = "_ZdlPvm";

    private const int ReadWrite = 1 | 2, ReadExecute = 1 | 4, PrivateAnonymous = 2 | 0x20, PageSize = 4096, LoadedOnly = 4 | 1;

    private static readonly Lock Gate = new();
    private static bool tried;

    /// <summary>The number of delayed deletions, followed by the ring buffer.</summary>
    private static long* ring;

    /// <summary>Whether deletions are delayed; false before TorchSharp's native library is loaded, and where that is not possible.</summary>
    public static bool IsActive { get; private set; }

    /// <summary>The number of delayed deletions since the start.</summary>
    public static long Count => ring == null ? 0 : Volatile.Read(ref *ring);

    /// <summary>
    /// Installs the delay in this process: at once if TorchSharp's native library is loaded, otherwise on TorchSharp's first call.
    /// </summary>
    public static void Install()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64) return;
        try
        {
            if (IsLoaded && Open("libLibTorchSharp.so", LoadedOnly) is not 0 and var loaded) Patch(loaded);
            else NativeLibrary.SetDllImportResolver(typeof(torch).Assembly, Resolve);
        }
        catch (InvalidOperationException)
        {
            // The application has its own resolver: ArowRuntime.Initialize() calls this again.
        }
        catch (EntryPointNotFoundException)
        {
            // A C library other than glibc.
        }
    }

    /// <summary>
    /// Reads the memory map, since the loader would search the disk for a library that is not loaded. The loadable copy has no
    /// suffix.
    /// </summary>
    private static bool IsLoaded => File.ReadLines("/proc/self/maps").Any(line => line.Contains("/libLibTorchSharp", StringComparison.Ordinal));

    /// <summary>Loads the library that would be loaded anyway, and patches it before the first call.</summary>
    private static nint Resolve(string name, System.Reflection.Assembly assembly, DllImportSearchPath? path)
    {
        if (!NativeLibrary.TryLoad(name, assembly, path, out var library)) return 0;
        if (name == "LibTorchSharp") Patch(library);
        return library;
    }

    private static void Patch(nint library)
    {
        lock (Gate)
        {
            if (tried) return;
            tried = true;
            if (ImportTable.Find(library, Delete) is not { Count: > 0 } places || FindDelete(library) is not (not 0 and var real)) return;
            var memory = (long*)NativeMemory.AllocZeroed(Capacity + 1, sizeof(long));
            if (EmitCode((nint)memory, real) is not (not 0 and var code)) return;
            ring = memory;
            foreach (var place in places)
            {
                // Read-only in libraries whose addresses are all resolved at load time.
                if (Protect(place & -PageSize, PageSize, ReadWrite) != 0) return;
                Volatile.Write(ref *(nint*)place, code);
            }
            IsActive = VerifyPatch(library);
        }
    }

    /// <summary>The target of the library's calls: the first in the system's symbol lookup order.</summary>
    private static nint FindDelete(nint library) =>
        NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), Delete, out var first) ? first
        : NativeLibrary.TryGetExport(library, Delete, out var own) ? own : 0;

    /// <summary>
    /// Whether deletions go through the ring buffer; another version of TorchSharp may delete in another way. Creates a number,
    /// deletes it, and looks for it in the buffer.
    /// </summary>
    private static bool VerifyPatch(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "THSTorch_int64_to_scalar", out var make)
            || !NativeLibrary.TryGetExport(library, "THSTorch_dispose_scalar", out var dispose)) return false;
        var before = Count;
        var number = ((delegate* unmanaged<long, nint>)make)(1);
        ((delegate* unmanaged<nint, void>)dispose)(number);
        for (var i = before; i < Count; i++)
        {
            if (ring[1 + (i & (Capacity - 1))] == number) return true;
        }
        return false;
    }

    /// <summary>Writes instructions for <c>delete(void* memory, size_t size)</c> to a page of their own; 0 if the system does not allow it.</summary>
    private static nint EmitCode(nint counter, nint real)
    {
        var page = Map(0, PageSize, ReadWrite, PrivateAnonymous, -1, 0);
        if (page == -1) return 0;
        byte[] code =
        [
            0xF3, 0x0F, 0x1E, 0xFA,                               // endbr64
            0x48, 0x83, 0xFE, ScalarSize,                         // cmp  rsi, 32
            0x75, 0x1E,                                           // jne  real
            0x49, 0xBA, .. BitConverter.GetBytes((long)counter),  // mov  r10, counter
            0xB8, 0x01, 0x00, 0x00, 0x00,                         // mov  eax, 1
            0xF0, 0x49, 0x0F, 0xC1, 0x02,                         // lock xadd [r10], rax
            0x25, .. BitConverter.GetBytes(Capacity - 1),         // and  eax, Capacity - 1
            0x49, 0x87, 0x7C, 0xC2, 0x08,                         // xchg [r10 + 8 * rax + 8], rdi
            0x48, 0xB8, .. BitConverter.GetBytes((long)real),     // real: mov rax, operator delete
            0xFF, 0xE0,                                           // jmp  rax
        ];
        code.CopyTo(new Span<byte>((void*)page, PageSize));
        return Protect(page, PageSize, ReadExecute) == 0 ? page : 0;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nint length, int protection);

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string name, int flags);
}
