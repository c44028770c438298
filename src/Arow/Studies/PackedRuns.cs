using System.IO.Compression;
using Arow.Data;
using Arow.IO;

namespace Arow.Studies;

/// <summary>
/// The inputs of a study's report in one file: <c>runs.zip</c> in place of the folder <c>runs</c>, with the run file, the log, the selection
/// and the rows of each
/// run and the history of stated endpoints, and without weights, checkpoints and pages. A study can be passed on, reported and resumed from it.
/// </summary>
internal static class PackedRuns
{
    /// <summary>Bytes of all files together, and of one: rows of 10,000 images take half a megabyte.</summary>
    private const long MaximumSize = 8L << 30, MaximumFileSize = 1L << 28;

    private const string EndpointsName = "endpoints.json";

    private static readonly string[] RunFiles = ["run.json", "log.jsonl", "selected.json", "failure.txt"];

    private static readonly string[] EvaluationFiles = ["summary.json", "rows.tsv", "asked.json"];

    private static readonly DateTimeOffset FixedTimestamp = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Returns the packed file of a study's folder.</summary>
    public static string PathFor(string study) => Path.Combine(study, "runs.zip");

    /// <summary>The history of stated endpoints beside the runs; archives of older versions have none.</summary>
    public static string EndpointsFor(string runs) => Path.Combine(runs, EndpointsName);

    /// <summary>Packs the runs of a folder; the same runs give the same bytes.</summary>
    /// <param name="runs">A folder with a folder for each run.</param>
    /// <param name="endpoints">The history of stated endpoints; left out if there is no such file.</param>
    /// <param name="path">The file.</param>
    /// <returns>The number of runs.</returns>
    public static int Write(string runs, string endpoints, string path)
    {
        var folders = Directory.GetDirectories(runs).Order(StringComparer.Ordinal).ToList();
        AtomicFile.Write(path, file =>
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
            if (File.Exists(endpoints)) Add(zip, EndpointsName, endpoints);
            foreach (var name in folders.SelectMany(Files).Select(f => Path.GetRelativePath(runs, f).Replace(Path.DirectorySeparatorChar, '/')))
                Add(zip, name, Path.Combine(runs, name));
        });
        return folders.Count;

        static void Add(ZipArchive zip, string name, string path)
        {
            var entry = zip.CreateEntry(name, CompressionLevel.SmallestSize);
            entry.LastWriteTime = FixedTimestamp;
            using var from = RegularFile.Open(path);
            using var to = entry.Open();
            from.CopyTo(to);
        }
    }

    /// <summary>Unpacks a file into a folder, atomically.</summary>
    /// <exception cref="InputException">It is damaged, too large, or has a path outside of the folder.</exception>
    public static void Unpack(string path, string runs)
    {
        using var target = AtomicFolder.Begin(runs);
        InputFile.Read(path, "a zip archive of runs", () =>
        {
            using var zip = ZipReader.Open(path);
            if (zip.Entries.Sum(e => Math.Min(e.Length, MaximumSize)) > MaximumSize) throw new InputException(
                $"{path}: unpacks to more than {MaximumSize >> 30} GB, too large for a study");
            if (zip.Entries.GroupBy(e => e.Name).Any(same => same.Count() > 1)) throw new InvalidDataException();
            foreach (var entry in zip.Entries) Unpack(zip, entry, target.TemporaryPath);
            return zip.Entries.Count;
        });
        target.Commit();
    }

    private static void Unpack(ZipReader zip, ZipEntry entry, string folder)
    {
        var target = Path.GetFullPath(Path.Combine(folder, entry.Name));
        if (!target.StartsWith(Path.GetFullPath(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal) || !IsRunFile(entry.Name))
            throw new InputException($"{zip.Path}: holds '{Printable.Escape(entry.Name)}', which is not a file of a run");
        RegularFile.EnsureLength($"{zip.Path}: {entry.Name}", entry.Length, MaximumFileSize);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        using var from = zip.Open(entry);
        using var to = new FileStream(target, FileMode.CreateNew);
        from.CopyTo(to);
    }

    private static IEnumerable<string> Files(string run) =>
    [
        .. RunFiles.Select(name => Path.Combine(run, name)).Where(File.Exists),
        .. Directory.GetDirectories(run, "evaluation-*").Order(StringComparer.Ordinal)
            .SelectMany(e => EvaluationFiles.Select(name => Path.Combine(e, name))).Where(File.Exists),
    ];

    private static bool IsRunFile(string name) => name.Split('/') switch
    {
        [EndpointsName] => true,
        [_, var file] => RunFiles.Contains(file),
        [_, var evaluation, var file] => evaluation.StartsWith("evaluation-", StringComparison.Ordinal) && EvaluationFiles.Contains(file),
        _ => false,
    };
}
