using System.Text;
using System.Text.RegularExpressions;
using Arow.IO;
using Arow.Pickles;

namespace Arow.Checkpoints;

/// <summary>What a TorchScript file contains.</summary>
/// <param name="Folder">Folder of the records, with a slash.</param>
/// <param name="Type">Class of the module: <c>__torch__.Net</c>.</param>
/// <param name="IsQuantized">Whether it contains weights of quantized operations.</param>
internal sealed record TorchScriptArchive(string Folder, string Type, bool IsQuantized);

/// <summary>
/// Checks TorchScript files before libtorch reads them: all records are intact, tensors are within their storages, only the file's
/// own classes are used, and no code reads or writes files. What the network computes is not restricted; libtorch runs it.
/// </summary>
internal static partial class TorchScriptValidator
{
    private const long MaxCodeBytes = 16 << 20;

    /// <summary>A constant in the layout of oneDNN, which is not saved: neither PyTorch nor libtorch can load the file.</summary>
    private const string PackedConstant = "ConstantMKLDNNTensor";

    private static readonly string[] ForbiddenNames = ["save", "from_file", "classes"];

    /// <summary>Whether an archive contains code.</summary>
    public static bool IsTorchScript(ZipRecords records) =>
        records.Names.Any(n => n.Contains("/code/", StringComparison.Ordinal))
            || records.Names.Any(n => n.EndsWith("/constants.pkl", StringComparison.Ordinal));

    /// <summary>Checks a file.</summary>
    /// <exception cref="InputException">The file is invalid.</exception>
    public static TorchScriptArchive Validate(ZipRecords records)
    {
        var path = records.Path;
        var first = records.Names.First();
        var folder = first[..(first.IndexOf('/') + 1)];
        if (folder.Length == 0 || records.Names.Any(n => !n.StartsWith(folder, StringComparison.Ordinal)))
            throw new InputException($"{path}: is damaged: its records are not in one folder");
        // Files that need a libtorch of their version have the record in a subfolder; libtorch looks there first.
        var place = records.Contains($"{folder}.data/version") ? $"{folder}.data/version" : $"{folder}version";
        var version = Encoding.ASCII.GetString(records.Read(place, 20)).Trim();
        if (!int.TryParse(version, out var number) || number is < 1 or > 100)
            throw new InputException($"{path}: is damaged: it has no version");
        if (records.Contains($"{folder}byteorder") && !records.Read($"{folder}byteorder", 16).AsSpan().SequenceEqual("little"u8))
            throw new InputException($"{path}: was written on a big-endian machine, which is not supported");
        var module = ValidateTensors(records, folder, "data") as PickleObject ?? throw new InputException($"{path}: contains no module");
        ValidateTensors(records, folder, "constants");
        foreach (var name in records.Names.Where(n => n.StartsWith($"{folder}code/", StringComparison.Ordinal)))
        {
            var code = records.Read(name, MaxCodeBytes);
            if (name.EndsWith(".py", StringComparison.Ordinal)) ValidateCode(path, name, Encoding.UTF8.GetString(code));
        }
        return new TorchScriptArchive(folder, module.Class, IsQuantized(records, folder));
    }

    /// <summary>Returns a value stored with <c>_extra_files</c>; null if there is none.</summary>
    public static string? ReadExtraFile(ZipRecords records, string name)
    {
        var record = records.Names.FirstOrDefault(n => n.EndsWith($"/extra/{name}", StringComparison.Ordinal));
        return record is null ? null : Encoding.UTF8.GetString(records.Read(record, 10_000)).Trim();
    }

    private static bool IsQuantized(ZipRecords records, string folder) => records.Names
        .Where(n => n.StartsWith($"{folder}code/", StringComparison.Ordinal) && n.EndsWith(".py", StringComparison.Ordinal))
        .Any(n => QuantizedPattern().IsMatch(Encoding.UTF8.GetString(records.Read(n, MaxCodeBytes))));

    private static object? ValidateTensors(ZipRecords records, string folder, string part)
    {
        var names = new TorchPickleResolver(script: true);
        var root = new PickleReader(records.Path, records.Read($"{folder}{part}.pkl", TorchFile.MaxPickleBytes), names).Read();
        foreach (var storage in names.Storages.Values)
        {
            var name = $"{folder}{part}/{storage.Key}";
            if (records.Length(name) != storage.Size)
                throw new InputException($"{records.Path}: is damaged: record '{name}' has {records.Length(name)} bytes instead of {storage.Size}");
            records.Verify(name);
        }
        return root;
    }

    /// <summary>
    /// TorchScript code can reach files only through libtorch's operators <c>save</c> and <c>from_file</c>, and compiled code through
    /// <c>torch.classes</c>; networks need only those of quantized layers. getattr, which could assemble names, is allowed only with a
    /// literal name.
    /// </summary>
    private static void ValidateCode(string path, string name, string code)
    {
        foreach (Match match in GetattrPattern().Matches(CommentPattern().Replace(code, "")))
        {
            if (match.Groups[1].Value is var member && (member.Length == 0 || ForbiddenNames.Contains(member))) throw Error(match.Value);
        }
        foreach (Match word in WordPattern().Matches(TorchPickleResolver.PackedWeights().Replace(TextPattern().Replace(code, " "), " ")))
        {
            if (ForbiddenNames.Contains(word.Value)) throw Error(word.Value);
            if (word.Value == PackedConstant) throw new InputException($"{path}: was saved after torch.jit.optimize_for_inference, whose weights PyTorch does not "
                + "write into the file: save the module before, as torch.jit.script or torch.jit.freeze give it");
        }

        InputException Error(string what) =>
            new($"{path}: its code uses '{what}' ({name}), which can access files or compiled code; it is not loaded");
    }

    [GeneratedRegex("""getattr\s*\(\s*(?:[\w.]+\s*,\s*"([^"\\\n]+)"\s*\))?""")]
    private static partial Regex GetattrPattern();

    [GeneratedRegex(@"\bops\.quantized\.|\btorch\.quantize_per_|\btorch\.classes\.quantized\.")]
    private static partial Regex QuantizedPattern();

    [GeneratedRegex(@"[A-Za-z_]\w*")]
    private static partial Regex WordPattern();

    [GeneratedRegex("""(?m)^\s*#.*$""")]
    private static partial Regex CommentPattern();

    /// <summary>Matches strings and comments.</summary>
    [GeneratedRegex(""""("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*)"""")]
    private static partial Regex TextPattern();
}
