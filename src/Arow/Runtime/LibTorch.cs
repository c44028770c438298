using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Arow.Runtime;

/// <summary>
/// Finds and loads libtorch, and describes failures in one sentence.
/// <para>
/// <c>AROW_LIBTORCH</c> names a folder whose libtorch is loaded instead of the one beside the application, such as
/// <c>torch/lib</c> of an installed PyTorch.
/// </para>
/// </summary>
public static class LibTorch
{
    /// <summary>The environment variable that names the folder of another libtorch.</summary>
    public const string FolderVariable = "AROW_LIBTORCH";

    /// <summary>Maximum number of threads: more than any machine has cores, and few enough to start.</summary>
    public const int MaximumThreads = 1024;

    /// <summary>TorchSharp's own native library, which calls libtorch.</summary>
    private const string Wrapper = "LibTorchSharp";

    /// <summary>The libraries of libtorch in order of their dependencies; not every build has the CUDA ones.</summary>
    private static readonly string[] Libraries = ["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"];

    private static readonly string[] RequiredLibraries = ["torch_cpu", "c10", "torch"];

    /// <summary>The folder that it was loaded from, if one was given.</summary>
    private static string? namedFolder;

    /// <summary>Loads libtorch.</summary>
    /// <param name="folderOrNull">Its folder; null for the search path of the runtime.</param>
    /// <exception cref="LibTorchException">It is missing or cannot be loaded; the message is one sentence.</exception>
    internal static void Load(string? folderOrNull)
    {
        namedFolder = folderOrNull;
        var folder = folderOrNull
            ?? SearchedFolders.FirstOrDefault(f => File.Exists(Path.Combine(f, FileName("torch_cpu")))) ?? AppContext.BaseDirectory;
        if (RequiredLibraries.Select(FileName).FirstOrDefault(file => !File.Exists(Path.Combine(folder, file))) is { } missing)
            throw new LibTorchException(DescribeMissing(folder, missing));
        if (LibrariesIn(folder).Concat(Wrappers).FirstOrDefault(path => !IsComplete(path)) is { } damaged)
            throw new LibTorchException($"{damaged} is damaged: it is truncated or not a library; restore and build again to replace it.");

        // TorchSharp does the same, but without a reason for failures; its own search for packages writes half a gigabyte
        // beside the application.
        try
        {
            foreach (var path in LibrariesIn(folder)) NativeLibrary.Load(path);
            NativeLibrary.Load(Wrapper, typeof(torch).Assembly, null);
            RuntimeHelpers.RunClassConstructor(typeof(torch).TypeHandle);
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception e) when (e is TypeInitializationException or NotSupportedException or DllNotFoundException or BadImageFormatException)
        {
            throw new LibTorchException($"libtorch in {folder} cannot be loaded: {Reason(e)}", e);
        }
        ScalarQuarantine.Install();
        // NNPACK is for phones; elsewhere it writes a warning at every convolution that it does not support.
        Set("_ZN2at7Context20setUserEnabledNNPACKEb", false);
        ArowEvents.Tell(() => $"libtorch {Version} from {Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))}");
    }

    /// <summary>
    /// The version: that of the given PyTorch installation, or that of the package which TorchSharp is compiled for.
    /// </summary>
    public static string Version => namedFolder is { } folder && InstalledVersion(Path.Combine(folder, "..", "version.py")) is { } installed
        ? installed : torch.__version__;

    /// <summary>
    /// Whether several threads can compute while garbage is collected. TorchSharp may free a number such as the 2 of
    /// <c>x * 2</c> while libtorch still reads it; this library delays the deletion. False before TorchSharp is used, and where
    /// the delay is not available (other systems than Linux x64, or another implementation in TorchSharp): then only one
    /// thread should allocate.
    /// </summary>
    public static bool HoldsScalars => ScalarQuarantine.IsActive;

    /// <summary>The instruction set of libtorch's own loops, as <c>ATEN_CPU_CAPABILITY</c> names it: "AVX512"; "unknown" if not available.</summary>
    internal static unsafe string CpuCapability
    {
        get
        {
            // A std::string is returned in memory of the caller: a pointer to its characters, and their number.
            var function = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? Export("_ZN2at18get_cpu_capabilityB5cxx11Ev") : 0;
            if (function == 0) return "unknown";
            var text = stackalloc nint[4];
            ((delegate* unmanaged<nint*, void>)function)(text);
            return Marshal.PtrToStringUTF8(text[0], (int)text[1]);
        }
    }

    /// <summary>
    /// Runs on the first use of any type of this library: computations before <see cref="ArowRuntime.Initialize"/> must be
    /// correct too.
    /// </summary>
#pragma warning disable CA2255 // the initializer replaces a call by applications
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void HoldScalars() => ScalarQuarantine.Install();

    /// <summary>Parses the line <c>__version__ = '2.11.0+cu130'</c>.</summary>
    private static string? InstalledVersion(string file) => File.Exists(file)
        ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith("__version__", StringComparison.Ordinal))?.Split('=')[^1].Trim(' ', '\'', '"')
        : null;

    /// <summary>The search path of the runtime: the application's folder and those of its packages.</summary>
    private static IEnumerable<string> SearchedFolders =>
        (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Prepend(Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"))
            .Prepend(AppContext.BaseDirectory);

    private static string DescribeMissing(string folder, string file) => namedFolder is not null
        ? $"{FolderVariable} is set to '{folder}', which does not contain {file}."
        : $"libtorch is missing: no {file} beside the program in {folder}; "
            + $"build with -p:Torch=cpu, or set {FolderVariable} to a folder that contains it.";

    private static IEnumerable<string> LibrariesIn(string folder) =>
        Libraries.Select(part => Path.Combine(folder, FileName(part))).Where(File.Exists);

    private static IEnumerable<string> Wrappers =>
        SearchedFolders.Select(folder => Path.Combine(folder, FileName(Wrapper))).Where(File.Exists);

    /// <summary>
    /// Whether all segments of an ELF64 header are within the file. Linux maps truncated files too, and the first access beyond
    /// the end kills the process.
    /// </summary>
    private static bool IsComplete(string path)
    {
        const int HeaderLength = 64, TableOffset = 0x20, EntrySize = 0x36, EntryCount = 0x38, SegmentOffset = 0x08, SegmentSize = 0x20;
        if (!OperatingSystem.IsLinux()) return true;
        using var file = File.OpenRead(path);
        if (file.Length < HeaderLength) return false;
        var header = Bytes(file, 0, HeaderLength);
        if (!header.AsSpan().StartsWith("\u007fELF"u8)) return false;

        var table = BitConverter.ToInt64(header, TableOffset);
        int size = BitConverter.ToUInt16(header, EntrySize), count = BitConverter.ToUInt16(header, EntryCount);
        if (table < 0 || table + size * count > file.Length) return false;
        var segments = Bytes(file, table, size * count);
        return Enumerable.Range(0, count).All(i =>
            BitConverter.ToInt64(segments, i * size + SegmentOffset) + BitConverter.ToInt64(segments, i * size + SegmentSize) <= file.Length);

        static byte[] Bytes(FileStream file, long at, int count)
        {
            var bytes = new byte[count];
            file.Position = at;
            file.ReadExactly(bytes);
            return bytes;
        }
    }

    /// <summary>The message of the system's loader, without the list of places that it searched.</summary>
    private static string Reason(Exception e)
    {
        var message = (e.InnerException ?? e).Message;
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var details = lines.Skip(1).ToList();
        return details.FirstOrDefault(line => !line.Contains("No such file", StringComparison.Ordinal)) ?? details.FirstOrDefault() ?? lines[0];
    }

    private static string FileName(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll"
        : OperatingSystem.IsMacOS() ? $"lib{library}.dylib"
        : $"lib{library}.so";

    /// <summary>Sets a flag of <c>at::Context</c> that libtorch exports and TorchSharp lacks; does nothing if there is none.</summary>
    /// <param name="setter">The exported name of a member <c>void (bool)</c>.</param>
    /// <param name="value">The value.</param>
    internal static unsafe void Set(string setter, bool value)
    {
        var (context, set) = (Export("_ZN2at13globalContextEv"), Export(setter));
        if (context == 0 || set == 0) return;
        ((delegate* unmanaged<nint, byte, void>)set)(((delegate* unmanaged<nint>)context)(), value ? (byte)1 : (byte)0);
    }

    /// <summary>The address of a function of libtorch or a library that it is linked to; 0 if not found, and on other systems than Linux.</summary>
    internal static nint Export(string name) =>
        OperatingSystem.IsLinux()
        && NativeLibrary.TryLoad("torch_cpu", typeof(torch).Assembly, null, out var library)
        && NativeLibrary.TryGetExport(library, name, out var function) ? function : 0;
}

/// <summary>libtorch is missing or cannot be loaded; the message is one sentence for the user.</summary>
public sealed class LibTorchException(string message, Exception? inner = null) : Exception(message, inner);
