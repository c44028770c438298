using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Text;

namespace Arow;

/// <summary>
/// Lets the native library of TorchSharp load wherever libtorch itself does.
/// <para>
/// TorchSharp's <c>libLibTorchSharp.so</c> asks for version <c>GLIBCXX_3.4.32</c> of the C++ library, for the sake of
/// one marker symbol that is never called; Debian 12, Ubuntu 22.04 and RHEL 9 have an older one and refuse it. Only
/// where the system has refused, a copy in memory is loaded whose need of that one version is marked weak. Neither
/// the package nor the file beside the application is touched.
/// </para>
/// <para>
/// <c>AROW_LIBTORCH</c> names a folder whose libtorch is to be used instead, such as <c>torch/lib</c> of an installed
/// PyTorch.
/// </para>
/// </summary>
public static class LibTorch
{
    /// <summary>The environment variable that names the folder of another libtorch.</summary>
    public const string FolderVariable = "AROW_LIBTORCH";

    private const string Wrapper = "LibTorchSharp";
    private const string NewestVersion = "GLIBCXX_3.4.32";

    private static int registered;

    /// <summary>
    /// Makes the runtime ask here for the libraries that it cannot load. Cheap, loads nothing, may be called often.
    /// Runs by itself in applications built with Arow's package and on the first use of any type of this library.
    /// </summary>
#pragma warning disable CA2255 // the initializer is what spares every application a call
    [ModuleInitializer]
#pragma warning restore CA2255
    public static void Register()
    {
        if (Interlocked.Exchange(ref registered, 1) == 1) return;
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => Resolve(name);
        if (Folder is { } folder && Directory.Exists(folder)) LoadLibTorch(folder);
    }

    /// <summary>Loads libtorch now.</summary>
    /// <exception cref="LibTorchException">It is missing or does not load; the message is one sentence.</exception>
    public static void Load()
    {
        if (Folder is { } folder && !File.Exists(Path.Combine(folder, FileName("torch_cpu"))))
            throw new LibTorchException($"{FolderVariable} names '{folder}', which holds no {FileName("torch_cpu")}.");

        try
        {
            RuntimeHelpers.RunClassConstructor(typeof(torch).TypeHandle);
            torch.InitializeDeviceType(DeviceType.CPU);
            DisableNnpack();
        }
        catch (Exception e) when (e is TypeInitializationException or NotSupportedException or DllNotFoundException)
        {
            throw new LibTorchException(WhyNot(), e);
        }
    }

    /// <summary>
    /// NNPACK serves phones; elsewhere it writes a warning at every convolution that it cannot do. libtorch's switch for
    /// it, <c>at::Context::setUserEnabledNNPACK</c>, is exported but not part of TorchSharp.
    /// </summary>
    private static unsafe void DisableNnpack()
    {
        if (OperatingSystem.IsLinux()
            && NativeLibrary.TryLoad("torch_cpu", typeof(torch).Assembly, null, out var library)
            && NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out var context)
            && NativeLibrary.TryGetExport(library, "_ZN2at7Context20setUserEnabledNNPACKEb", out var enable))
        {
            ((delegate* unmanaged<nint, byte, void>)enable)(((delegate* unmanaged<nint>)context)(), 0);
        }
    }

    private static string? Folder =>
        Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder ? folder : null;

    private static string WhyNot()
    {
        var torch = FileName("torch_cpu");
        if (Find(torch) is not { } found)
            return $"libtorch is missing: no {torch} beside the program in {AppContext.BaseDirectory}; "
                + $"build with -p:Torch=cpu, or let {FolderVariable} name the folder that holds one.";
        try
        {
            NativeLibrary.Load(found);
            NativeLibrary.Load(Find(FileName(Wrapper)) ?? FileName(Wrapper));
            return $"libtorch in {Path.GetDirectoryName(found)} does not start.";
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return $"libtorch in {Path.GetDirectoryName(found)} does not load: {e.Message.ReplaceLineEndings(" ")}";
        }
    }

    /// <summary>Called for a library that the runtime's own search did not load.</summary>
    private static nint Resolve(string name)
    {
        if (!OperatingSystem.IsLinux() || !name.Contains(Wrapper, StringComparison.Ordinal)) return 0;
        if (Find(FileName(Wrapper)) is not { } original) return 0;

        var image = File.ReadAllBytes(original);
        if (!WeakenVersion(image, NewestVersion)) return 0;

        // The copy's own search path leads nowhere: what it links to must be in the process already.
        LoadLibTorch(Folder ?? Path.GetDirectoryName(original)!);
        return LoadFromMemory(image, original);
    }

    private static void LoadLibTorch(string folder)
    {
        foreach (var name in (string[])["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"])
        {
            var path = Path.Combine(folder, FileName(name));
            if (File.Exists(path)) NativeLibrary.TryLoad(path, out _);
        }
    }

    private static string FileName(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll"
        : OperatingSystem.IsMacOS() ? $"lib{library}.dylib"
        : $"lib{library}.so";

    /// <summary>Where the runtime itself looks: the named folder, the application's folders, those of its packages.</summary>
    private static string? Find(string file)
    {
        var searched = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Prepend(Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"))
            .Prepend(AppContext.BaseDirectory)
            .Prepend(Folder ?? AppContext.BaseDirectory)
            .Select(folder => Path.Combine(folder, file))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>Loads a library that has no file: read-only systems and folders without execution are common.</summary>
    private static nint LoadFromMemory(byte[] image, string original)
    {
        var descriptor = MemoryFile(Path.GetFileName(original), 0);
        if (descriptor < 0) return 0;
        var path = $"/proc/self/fd/{descriptor}";
        File.WriteAllBytes(path, image);
        return NativeLibrary.TryLoad(path, out var handle) ? handle : 0;
    }

    [DllImport("libc", EntryPoint = "memfd_create")]
    private static extern int MemoryFile([MarshalAs(UnmanagedType.LPUTF8Str)] string name, uint flags);

    /// <summary>
    /// Sets the weak flag (<c>VER_FLG_WEAK</c>) on one version that an ELF64 image needs; the loader then carries on
    /// where that version is absent. False if the image needs no such version. Format: the System V ABI's version
    /// needs, section type <c>SHT_GNU_verneed</c>.
    /// </summary>
    internal static bool WeakenVersion(Span<byte> image, string version)
    {
        const uint VersionNeeds = 0x6ffffffe;
        const byte Weak = 2;
        var name = Encoding.ASCII.GetBytes(version + "\0");
        var sections = (int)BinaryPrimitives.ReadInt64LittleEndian(image[0x28..]);
        int sectionSize = U16(image, 0x3A), sectionCount = U16(image, 0x3C);

        for (var i = 0; i < sectionCount; i++)
        {
            var section = sections + i * sectionSize;
            if (U32(image, section + 4) != VersionNeeds) continue;
            var strings = Offset(image, sections + U32(image, section + 0x28) * sectionSize);

            var file = Offset(image, section);
            for (var next = -1; next != 0; file += next)
            {
                var entry = file + U32(image, file + 8);
                for (var k = U16(image, file + 2); k > 0; k--)
                {
                    if (image[(strings + U32(image, entry + 8))..].StartsWith(name))
                    {
                        image[entry + 4] |= Weak;
                        return true;
                    }
                    entry += U32(image, entry + 12);
                }
                next = U32(image, file + 12);
            }
        }
        return false;

        static int Offset(Span<byte> image, int section) =>
            (int)BinaryPrimitives.ReadInt64LittleEndian(image[(section + 0x18)..]);
        static int U16(Span<byte> image, int at) => BinaryPrimitives.ReadUInt16LittleEndian(image[at..]);
        static int U32(Span<byte> image, int at) => (int)BinaryPrimitives.ReadUInt32LittleEndian(image[at..]);
    }
}

/// <summary>libtorch is missing or cannot be loaded; the message is one sentence for the user.</summary>
public sealed class LibTorchException(string message, Exception? inner = null) : Exception(message, inner);
