using System.Runtime.InteropServices;
using System.Text;

namespace Arow.Bench;

/// <summary>
/// TorchSharp's wrapper is compiled for one version of libtorch and binds each function when it is first called: one that
/// another version lacks ends the process then. Here all are looked up beforehand.
/// </summary>
internal static class ImportedFunctions
{
    private const int DynamicSymbols = 11, SectionSize = 64, SymbolSize = 24, Global = 1;

    /// <summary>
    /// What Arow never calls: the loader of compiled packages, TorchScript's exporter, and a marker of newer C++ libraries that
    /// nobody calls.
    /// </summary>
    private static readonly string[] Unused = ["inductor", "AOTI", "onnx", "ios_base_library_init"];

    public static CardRow Check()
    {
        string[] names = ["libLibTorchSharp.so", "libLibTorchSharp"];
        string[] folders = [AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes/linux-x64/native")];
        var path = folders.SelectMany(f => names.Select(n => Path.Combine(f, n))).FirstOrDefault(File.Exists);
        if (path is null) return CardRow.Figure("no wrapper of Linux to look at");

        var wrapper = NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null);
        var needed = Undefined(File.ReadAllBytes(path)).ToList();
        var missing = needed.Where(name => !NativeLibrary.TryGetExport(wrapper, name, out _)).ToList();
        var found = $"{needed.Count} functions, {missing.Count} missing{(missing.Count == 0 ? "" : $": {string.Join(' ', missing.Take(5))}")}";
        return new CardRow(found, "none that is used missing", missing.All(name => Unused.Any(u => name.Contains(u, StringComparison.Ordinal))));
    }

    /// <summary>The names of an ELF64 library that others have to define.</summary>
    private static IEnumerable<string> Undefined(byte[] file)
    {
        var sections = (int)BitConverter.ToInt64(file, 0x28);
        int count = BitConverter.ToUInt16(file, 0x3C);
        for (var s = 0; s < count; s++)
        {
            var section = sections + s * SectionSize;
            if (BitConverter.ToInt32(file, section + 4) != DynamicSymbols) continue;
            var (start, size) = ((int)BitConverter.ToInt64(file, section + 0x18), (int)BitConverter.ToInt64(file, section + 0x20));
            var strings = (int)BitConverter.ToInt64(file, sections + BitConverter.ToInt32(file, section + 0x28) * SectionSize + 0x18);
            for (var at = start + SymbolSize; at < start + size; at += SymbolSize)
            {
                var (name, binding, definedIn) = (BitConverter.ToInt32(file, at), file[at + 4] >> 4, BitConverter.ToUInt16(file, at + 6));
                if (definedIn != 0 || binding != Global) continue;
                var from = strings + name;
                yield return Encoding.ASCII.GetString(file, from, Array.IndexOf(file, (byte)0, from) - from);
            }
        }
    }
}
