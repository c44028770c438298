using System.Text;
using System.Text.RegularExpressions;
using Arow.Pickles;

namespace Arow.Checkpoints;

/// <summary>
/// TorchScript files before libtorch sees them: all records whole, tensors within their storages, no classes but the
/// file's own, and no code that reads or writes files. What a network computes is the file's business; libtorch runs it.
/// </summary>
internal static partial class TorchScriptFile
{
    private const long LongestCode = 16 << 20;

    private static readonly string[] Reaching = ["save", "from_file", "classes"];

    /// <summary>Whether an archive holds code.</summary>
    public static bool IsOne(ZipRecords records) =>
        records.Names.Any(n => n.Contains("/code/", StringComparison.Ordinal)) || records.Names.Any(n => n.EndsWith("/constants.pkl", StringComparison.Ordinal));

    /// <summary>Checks a file.</summary>
    /// <exception cref="InputException">Something is amiss.</exception>
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
            throw new InputException($"{path}: was written on a big-endian machine, whose numbers are not read");
        CheckTensors(records, folder, "data");
        CheckTensors(records, folder, "constants");
        foreach (var name in records.Names.Where(n => n.StartsWith($"{folder}code/", StringComparison.Ordinal)))
        {
            var code = records.Read(name, LongestCode);
            if (name.EndsWith(".py", StringComparison.Ordinal)) CheckCode(path, name, Encoding.UTF8.GetString(code));
        }
    }

    /// <summary>A note that was put into the file by <c>_extra_files</c>; null if there is none.</summary>
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
    /// libtorch's operators <c>save</c> and <c>from_file</c> are all that TorchScript has to reach files with, and
    /// <c>torch.classes</c> leads to compiled code; no network needs them. getattr, by which names could be put together, is
    /// let through only with a plain name.
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
            new($"{path}: its code asks for '{what}' ({name}), which would reach beyond the network: it is not loaded");
    }

    [GeneratedRegex("""getattr\s*\(\s*(?:[\w.]+\s*,\s*"([^"\\\n]+)"\s*\))?""")]
    private static partial Regex Getattr();

    [GeneratedRegex(@"[A-Za-z_]\w*")]
    private static partial Regex Word();

    [GeneratedRegex("""(?m)^\s*#.*$""")]
    private static partial Regex Comment();

    /// <summary>Strings and comments.</summary>
    [GeneratedRegex(""""("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*)"""")]
    private static partial Regex Text();
}
