using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Arow.Faults.Kills;

/// <summary>What a command left, file by file, without what tells of the time it took: to be held against what another run left.</summary>
internal static class Contents
{
    private static readonly string[] Times = ["second", "provenance", "time", "date"];

    /// <summary>Names and hashes.</summary>
    /// <param name="output">A file or a folder.</param>
    /// <param name="part">What of it counts, below it; empty for all.</param>
    public static SortedDictionary<string, string> Of(string output, string part = "")
    {
        var root = output;
        output = Path.Combine(output, part);
        var contents = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (File.Exists(output)) contents[""] = Whole(() => Hash(output, root));
        if (!Directory.Exists(output)) return contents;
        foreach (var path in Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(output, path);
            if (IsOfItsTime(name)) continue;
            var folder = Path.GetDirectoryName(path)!;
            if (Path.GetFileName(folder) != "checkpoints") contents[name] = Whole(() => Hash(path, root));
            else if (path == Directory.EnumerateFiles(folder).Max(StringComparer.Ordinal)) contents[name] = Whole(() => Tensors(path));
        }
        return contents;
    }

    /// <summary>What the two do not share, in a few words; null if they are the same.</summary>
    public static string? Difference(SortedDictionary<string, string> expected, SortedDictionary<string, string> found)
    {
        List<string> different = [.. expected.Keys.Union(found.Keys).Where(name => expected.GetValueOrDefault(name) != found.GetValueOrDefault(name))
            .Select(name => !found.ContainsKey(name) ? $"no {name}" : !expected.ContainsKey(name) ? $"{name} too many" : $"another {name}")];
        return different.Count == 0 ? null : string.Join(", ", different.Take(8));
    }

    /// <summary>
    /// Reports tell how long something took, as events and journals do; their numbers are in other files too. What a kill leaves over is counted by
    /// itself.
    /// </summary>
    private static bool IsOfItsTime(string name) =>
        Path.GetFileName(name) is "journal" or ".lock" || name.Contains("tensorboard", StringComparison.Ordinal)
            || Path.GetExtension(name) is ".html" or ".md" or ".lock" or ".tmp"
            // A study's table and picture of what its trainings took.
            || Path.GetFileNameWithoutExtension(name).Split('-').Contains("time");

    /// <summary>A hash, or that there is none of what is damaged.</summary>
    private static string Whole(Func<string> hash)
    {
        try
        {
            return hash();
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidDataException)
        {
            return "damaged";
        }
    }

    private static string Hash(string path, string output) => Path.GetExtension(path) switch
    {
        ".json" => Hash(Timeless(File.ReadAllText(path), output)),
        ".jsonl" => Hash(string.Join('\n', File.ReadLines(path).Select(line => Timeless(line, output)))),
        ".npz" => Archive(path),
        _ => Hash(File.ReadAllBytes(path)),
    };

    /// <summary>The tensors of a checkpoint, without the notes beside them.</summary>
    private static string Tensors(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var end = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var header = (JsonObject)JsonNode.Parse(Encoding.UTF8.GetString(bytes, 8, end - 8))!;
        header.Remove("__metadata__");
        return Hash([.. Encoding.UTF8.GetBytes(header.ToJsonString()), .. bytes[end..]]);
    }

    /// <summary>The records of an archive, which says when each was written.</summary>
    private static string Archive(string path)
    {
        using var archive = ZipFile.OpenRead(path);
        var all = new MemoryStream();
        foreach (var entry in archive.Entries)
        {
            all.Write(Encoding.UTF8.GetBytes(entry.FullName));
            using var content = entry.Open();
            content.CopyTo(all);
        }
        return Hash(all.ToArray());
    }

    private static string Timeless(string json, string output)
    {
        var node = JsonNode.Parse(json)!;
        Strip(node);
        // Two runs are in folders of two names.
        return node.ToJsonString().Replace(Path.GetFileName(output), "OUTPUT", StringComparison.Ordinal);
    }

    private static void Strip(JsonNode? node)
    {
        if (node is JsonArray list)
        {
            foreach (var item in list) Strip(item);
        }
        if (node is not JsonObject map) return;
        foreach (var name in map.Select(entry => entry.Key).ToList())
        {
            if (Times.Any(time => name.Contains(time, StringComparison.OrdinalIgnoreCase))) map.Remove(name);
            else Strip(map[name]);
        }
    }

    private static string Hash(string text) => Hash(Encoding.UTF8.GetBytes(text));

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
