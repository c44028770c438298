using System.Runtime.InteropServices;

namespace Arow;

/// <summary>
/// Keeps the numbers that TorchSharp hands to libtorch until no call can still be reading them.
/// <para>
/// TorchSharp wraps each number of <c>x * 2.0</c> or <c>x + y</c> in a <c>Scalar</c> and does not keep it alive during the native call: once its
/// pointer is read the garbage collector may take it, its finalizer frees the number, and libtorch reads freed memory, with a wrong
/// result or an exception that has nothing to do with the call. That happens within TorchSharp's own methods, so callers cannot avoid it.
/// </para>
/// <para>
/// Here the deletion is put off: the function by which TorchSharp's native library gives back memory leads to a few instructions that put a
/// number into a ring and give back the one that was put there <see cref="Capacity"/> deletions before. A call would have to last that long
/// between being made and reading its numbers, which it does first. What is held never exceeds <see cref="Capacity"/> numbers of 32 bytes.
/// </para>
/// </summary>
internal static unsafe partial class ScalarQuarantine
{
    /// <summary>Numbers that are held, a power of two: at a million a second, which eight threads reach with nothing else to do, those of a quarter of a second.</summary>
    internal const int Capacity = 1 << 18;

    /// <summary>Bytes of libtorch's <c>c10::Scalar</c>.</summary>
    private const byte ScalarSize = 32;

    /// <summary>C++'s <c>operator delete(void*, std::size_t)</c>.</summary>
    private const string Delete = "_ZdlPvm";

    private const int ReadWrite = 1 | 2, ReadExecute = 1 | 4, PrivateAnonymous = 2 | 0x20, PageSize = 4096, LoadedOnly = 4 | 1;

    private static readonly Lock Gate = new();
    private static bool tried;

    /// <summary>How many deletions were put off, followed by the ring.</summary>
    private static long* ring;

    /// <summary>Whether numbers are held; false before TorchSharp's native library is loaded, and where it cannot be had.</summary>
    public static bool Works { get; private set; }

    /// <summary>How many deletions were put off since the beginning.</summary>
    public static long Count => ring == null ? 0 : Volatile.Read(ref *ring);

    /// <summary>
    /// Sees to it for this process: at once if TorchSharp's native library is loaded, else as soon as TorchSharp calls it for the first time.
    /// </summary>
    public static void Prepare()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64) return;
        try
        {
            if (IsLoaded && Open("libLibTorchSharp.so", LoadedOnly) is not 0 and var loaded) Begin(loaded);
            else NativeLibrary.SetDllImportResolver(typeof(torch).Assembly, Resolve);
        }
        catch (InvalidOperationException)
        {
            // The application has a resolver of its own: ArowRuntime.Initialize() calls again.
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc.
        }
    }

    /// <summary>Read where nothing has to be looked for: the loader would search the disk for a library that is not loaded. The loadable copy has no suffix.</summary>
    private static bool IsLoaded => File.ReadLines("/proc/self/maps").Any(line => line.Contains("/libLibTorchSharp", StringComparison.Ordinal));

    /// <summary>The library that would be taken anyhow, looked at before the first call.</summary>
    private static nint Resolve(string name, System.Reflection.Assembly assembly, DllImportSearchPath? path)
    {
        if (!NativeLibrary.TryLoad(name, assembly, path, out var library)) return 0;
        if (name == "LibTorchSharp") Begin(library);
        return library;
    }

    private static void Begin(nint library)
    {
        lock (Gate)
        {
            if (tried) return;
            tried = true;
            if (ImportTable.Find(library, Delete) is not { Count: > 0 } places || Real(library) is not (not 0 and var real)) return;
            var memory = (long*)NativeMemory.AllocZeroed(Capacity + 1, sizeof(long));
            if (Code((nint)memory, real) is not (not 0 and var code)) return;
            ring = memory;
            foreach (var place in places)
            {
                // Read-only in libraries whose addresses are all found while they are loaded.
                if (Protect(place & -PageSize, PageSize, ReadWrite) != 0) return;
                Volatile.Write(ref *(nint*)place, code);
            }
            Works = DeletionsPassHere(library);
        }
    }

    /// <summary>Where the library's calls would go: the first in the order in which the system looks for a name.</summary>
    private static nint Real(nint library) =>
        NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), Delete, out var first) ? first
        : NativeLibrary.TryGetExport(library, Delete, out var own) ? own : 0;

    /// <summary>Another version of TorchSharp may delete its numbers in another way: one is made, deleted, and looked for in the ring.</summary>
    private static bool DeletionsPassHere(nint library)
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

    /// <summary>Instructions for <c>delete(void* memory, size_t size)</c>, in a page of their own; 0 where the system allows none.</summary>
    private static nint Code(nint counter, nint real)
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
