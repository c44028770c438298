using System.Text;
using System.Text.RegularExpressions;
using Arow.Pickles;

namespace Arow.Checkpoints;

/// <summary>
/// Checks TorchScript files before libtorch reads them: all records are intact, tensors are within their storages, only the file's
/// own classes are used, and no code reads or writes files. What the network computes is not restricted; libtorch runs it.
/// </summary>
internal static partial class TorchScriptFile
{
    private const long LongestCode = 16 << 20;

    private static readonly string[] Reaching = ["save", "from_file", "classes"];

    /// <summary>Whether an archive contains code.</summary>
    public static bool IsOne(ZipRecords records) =>
        records.Names.Any(n => n.Contains("/code/", StringComparison.Ordinal)) || records.Names.Any(n => n.EndsWith("/constants.pkl", StringComparison.Ordinal));

    /// <summary>Checks a file.</summary>
    /// <exception cref="InputException">The file is invalid.</exception>
    public static void Check(ZipRecords records)
    {
        var path = records.Path;
        var first = records.Names.First();
        var folder = first[..(first.IndexOf('/') + 1)];
        if (folder.Length == 0 || records.Names.Any(n => !n.StartsWith(folder, StringComparison.Ordinal)))
            throw new InputException($"{path}: is damaged: its records are not in one folder");
        var version = Encoding.ASCII.GetString(records.Read($"{folder}version", 20)).Trim();
        if (!int.TryParse(version, out var number) || number is < 1 or > 100)
            throw new InputException($"{path}: is damaged: it has no version");
        if (records.Has($"{folder}byteorder") && !records.Read($"{folder}byteorder", 16).AsSpan().SequenceEqual("little"u8))
            throw new InputException($"{path}: was written on a big-endian machine, which is not supported");
        CheckTensors(records, folder, "data");
        CheckTensors(records, folder, "constants");
        foreach (var name in records.Names.Where(n => n.StartsWith($"{folder}code/", StringComparison.Ordinal)))
        {
            var code = records.Read(name, LongestCode);
            if (name.EndsWith(".py", StringComparison.Ordinal)) CheckCode(path, name, Encoding.UTF8.GetString(code));
        }
    }

    /// <summary>Returns a value stored with <c>_extra_files</c>; null if there is none.</summary>
    public static string? Extra(ZipRecords records, string name)
    {
        var record = records.Names.FirstOrDefault(n => n.EndsWith($"/extra/{name}", StringComparison.Ordinal));
        return record is null ? null : Encoding.UTF8.GetString(records.Read(record, 10_000)).Trim();
    }

    private static void CheckTensors(ZipRecords records, string folder, string part)
    {
        var names = new TorchNames(script: true);
        new Pickle(records.Path, records.Read($"{folder}{part}.pkl", TorchFile.LongestPickle), names).Read();
        foreach (var storage in names.Storages.Values)
        {
            var name = $"{folder}{part}/{storage.Key}";
            if (records.Length(name) != storage.Size)
                throw new InputException($"{records.Path}: is damaged: record '{name}' has {records.Length(name)} bytes instead of {storage.Size}");
            records.Verify(name);
        }
    }

    /// <summary>
    /// TorchScript code can reach files only through libtorch's operators <c>save</c> and <c>from_file</c>, and compiled code through
    /// <c>torch.classes</c>; no network needs them. getattr, which could assemble names, is allowed only with a literal name.
    /// </summary>
    private static void CheckCode(string path, string name, string code)
    {
        foreach (Match asked in Getattr().Matches(Comment().Replace(code, "")))
        {
            if (asked.Groups[1].Value is var member && (member.Length == 0 || Reaching.Contains(member))) throw Fault(asked.Value);
        }
        foreach (Match word in Word().Matches(Text().Replace(code, " ")))
        {
            if (Reaching.Contains(word.Value)) throw Fault(word.Value);
        }

        InputException Fault(string what) =>
            new($"{path}: its code uses '{what}' ({name}), which can access files or compiled code; it is not loaded");
    }

    [GeneratedRegex("""getattr\s*\(\s*(?:[\w.]+\s*,\s*"([^"\\\n]+)"\s*\))?""")]
    private static partial Regex Getattr();

    [GeneratedRegex(@"[A-Za-z_]\w*")]
    private static partial Regex Word();

    [GeneratedRegex("""(?m)^\s*#.*$""")]
    private static partial Regex Comment();

    /// <summary>Matches strings and comments.</summary>
    [GeneratedRegex(""""("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*)"""")]
    private static partial Regex Text();
}
