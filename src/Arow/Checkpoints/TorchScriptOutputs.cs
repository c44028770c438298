using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Arow.IO;

namespace Arow.Checkpoints;

/// <summary>
/// The outputs of a TorchScript module that returns a tuple, a list, a dictionary or a named tuple. libtorch's wrapper does not return
/// dictionaries, so a copy of the archive in memory gets two methods that list all tensors of the result and their names; its
/// weights and its own code stay as they are.
/// </summary>
internal static partial class TorchScriptOutputs
{
    /// <summary>The method that returns the tensors of the result.</summary>
    public const string TensorsMethod = "arow_output_tensors";

    /// <summary>The method that returns their names, each as the numbers of its characters.</summary>
    public const string NamesMethod = "arow_output_names";

    private const long MaxCodeBytes = 16 << 20;
    private const int MaxDepth = 8;

    /// <summary>Returns the module with the two methods; null if it returns a single tensor.</summary>
    /// <param name="records">The archive.</param>
    /// <param name="folder">Its folder, with a slash.</param>
    /// <param name="type">Class of the module: <c>__torch__.Net</c>.</param>
    /// <exception cref="InputException">The result contains no tensors that can be listed, or the file is too large.</exception>
    public static byte[]? AddAccessors(ZipRecords records, string folder, string type)
    {
        var record = CodeRecord(folder, type);
        if (!records.Contains(record)) return null;
        var code = Encoding.UTF8.GetString(records.Read(record, MaxCodeBytes));
        if (FindClass(code, type) is not { } own || ForwardPattern().Match(own.Value) is not { Success: true } forward) return null;
        var returned = forward.Groups["returns"].Value.Trim();
        if (returned == "Tensor") return null;
        var lines = new List<string>();
        AddLines(lines, returned, "result", "''", 2, 0, name => ReadNamedTuple(records, folder, name));
        if (!lines.Exists(line => line.Contains(".append(", StringComparison.Ordinal)))
            throw new InputException($"{records.Path}: returns {Shorten(returned)} instead of a tensor of logits");
        var methods = $"""

              def {TensorsMethod}(self: {type},
                x: Tensor) -> List[Tensor]:
                result = (self).forward(x, )
                tensors = annotate(List[Tensor], [])
                names = annotate(List[str], [])
            {string.Join('\n', lines)}
                return tensors
              def {NamesMethod}(self: {type},
                x: Tensor) -> List[Tensor]:
                result = (self).forward(x, )
                tensors = annotate(List[Tensor], [])
                names = annotate(List[str], [])
            {string.Join('\n', lines)}
                coded = annotate(List[Tensor], [])
                for name in names:
                  codes = annotate(List[int], [])
                  for i in range(len(name)):
                    codes.append(ord(name[i]))
                  coded.append(torch.tensor(codes))
                return coded

            """.ReplaceLineEndings("\n");
        return CopyWith(records, record, code.Insert(own.Index + own.Length, methods.TrimStart('\n')));
    }

    /// <summary>Adds the lines that list the tensors of a value of a type.</summary>
    private static void AddLines(List<string> lines, string type, string value, string name, int indent, int depth,
        Func<string, IReadOnlyList<(string Name, string Type)>?> findFields)
    {
        if (depth > MaxDepth) return;
        var own = $"v{lines.Count}";
        var parts = SplitArguments(type, out var outer);
        void Add(string line, int deeper = 0) => lines.Add(new string(' ', 2 * (indent + deeper)) + line);
        switch (outer)
        {
            case "Tensor":
                Add($"tensors.append({value})");
                Add($"names.append({name})");
                break;
            case "Optional":
                var before = lines.Count;
                Add($"{own} = {value}");
                Add($"if {own} is not None:");
                AddOrRemove(before, () => AddLines(lines, parts[0], own, name, indent + 1, depth + 1, findFields));
                break;
            case "Tuple":
                Add($"{own} = {value}");
                foreach (var (i, part) in parts.Index())
                    AddLines(lines, part, $"({own})[{i}]", Join(name, $"'{i}'"), indent, depth + 1, findFields);
                break;
            case "List":
                before = lines.Count;
                Add($"{own} = {value}");
                Add($"for {own}_i in range(len({own})):");
                AddOrRemove(before, () =>
                    AddLines(lines, parts[0], $"({own})[{own}_i]", Join(name, $"str({own}_i)"), indent + 1, depth + 1, findFields));
                break;
            case "Dict":
                before = lines.Count;
                Add($"{own} = {value}");
                Add($"for {own}_k in ({own}).keys():");
                AddOrRemove(before, () =>
                    AddLines(lines, parts[1], $"({own})[{own}_k]", Join(name, $"str({own}_k)"), indent + 1, depth + 1, findFields));
                break;
            default:
                if (findFields(type) is not { } fields) break;
                Add($"{own} = {value}");
                foreach (var (field, fieldType) in fields)
                    AddLines(lines, fieldType, $"({own}).{field}", Join(name, $"'{field}'"), indent, depth + 1, findFields);
                break;
        }

        // A loop whose body lists nothing would be invalid code.
        void AddOrRemove(int start, Action body)
        {
            var count = lines.Count;
            body();
            if (lines.Count == count) lines.RemoveRange(start, count - start);
        }

        static string Join(string name, string part) => name == "''" ? part : $"{name} + '.' + {part}";
    }

    /// <summary>Splits <c>Dict[str, Tensor]</c> into its name and arguments.</summary>
    private static List<string> SplitArguments(string type, out string outer)
    {
        var open = type.IndexOf('[');
        outer = open < 0 ? type.Trim() : type[..open].Trim();
        if (open < 0 || !type.EndsWith(']')) return [];
        var (parts, depth, start) = (new List<string>(), 0, open + 1);
        for (var i = open + 1; i < type.Length; i++)
        {
            if (type[i] == '[') depth++;
            if (depth == 0 && type[i] is ',' or ']' && i > start || i == type.Length - 1)
            {
                if (depth == 0) parts.Add(type[start..i].Trim());
                start = i + 1;
            }
            if (type[i] == ']') depth--;
        }
        return parts.Count(p => p.Length > 0) is var count && (outer is "Optional" or "List" && count != 1 || outer == "Dict" && count != 2)
            ? [.. Enumerable.Repeat("None", 2)] : [.. parts.Where(p => p.Length > 0)];
    }

    /// <summary>Returns the fields of a named tuple of the file's code; null for another class.</summary>
    private static List<(string, string)>? ReadNamedTuple(ZipRecords records, string folder, string type)
    {
        var record = CodeRecord(folder, type);
        if (!type.StartsWith("__torch__", StringComparison.Ordinal) || !records.Contains(record)) return null;
        var code = Encoding.UTF8.GetString(records.Read(record, MaxCodeBytes));
        return FindClass(code, type, "NamedTuple") is { } found
            ? [.. FieldPattern().Matches(found.Value).Select(m => (m.Groups[1].Value, m.Groups[2].Value.Trim()))] : null;
    }

    private static Match? FindClass(string code, string type, string kind = "Module") =>
        Regex.Match(code, $@"^class {Regex.Escape(type[(type.LastIndexOf('.') + 1)..])}\({kind}\):\n(?: .*(?:\n|\z)|\n)*",
            RegexOptions.Multiline, TimeSpan.FromSeconds(10)) is { Success: true } found ? found : null;

    private static string CodeRecord(string folder, string type)
    {
        var dot = type.LastIndexOf('.');
        return $"{folder}code/{(dot < 0 ? "" : type[..dot].Replace('.', '/'))}.py";
    }

    private static byte[] CopyWith(ZipRecords records, string changed, string code)
    {
        if (records.Names.Sum(records.Length) > int.MaxValue - (1 << 20))
            throw new InputException($"{records.Path}: returns several outputs and is larger than 2 GB; save a module that returns the logits alone");
        using var copy = new MemoryStream();
        using (var zip = new ZipArchive(copy, ZipArchiveMode.Create, leaveOpen: true))
        {
            // Debug records give the places of the original code.
            foreach (var name in records.Names.Where(n => !n.EndsWith(".debug_pkl", StringComparison.Ordinal)))
            {
                using var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                stream.Write(name == changed ? Encoding.UTF8.GetBytes(code) : records.Read(name, int.MaxValue));
            }
        }
        return copy.ToArray();
    }

    private static string Shorten(string type) => type.Length > 100 ? $"{type[..100]}…" : type;

    [GeneratedRegex(@"^  def forward\([^()]*\) -> (?<returns>[^:]+):", RegexOptions.Multiline)]
    private static partial Regex ForwardPattern();

    [GeneratedRegex(@"^  (\w+) : (.+)$", RegexOptions.Multiline)]
    private static partial Regex FieldPattern();
}
