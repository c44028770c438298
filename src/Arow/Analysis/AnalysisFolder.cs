namespace Arow.Analysis;

/// <summary>
/// The folder of an analysis: <c>analysis.json</c>, <c>rows.tsv</c> and further tables, the report. It is there whole or not
/// at all, and an older analysis in it gives way as a whole.
/// </summary>
/// <param name="path">The folder.</param>
public sealed class AnalysisFolder(string path)
{
    private static readonly string[] Tables = ["analysis.json", "rows.tsv", "confusion.tsv", "curves.tsv", "surface.tsv", "training.tsv"];

    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>The numbers.</summary>
    public string Summary => System.IO.Path.Combine(Path, "analysis.json");

    private string Full => System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(Path));

    /// <summary>Where it is written first.</summary>
    private string Beside => $"{Full}.{Environment.ProcessId}.tmp";

    /// <summary>What is in the way of writing here; null if nothing is.</summary>
    public string? Problem =>
        File.Exists(Path) ? $"{Path} is a file"
        : !Directory.Exists(Path) || !Directory.EnumerateFileSystemEntries(Path).Any() ? null
        : !File.Exists(Summary) ? $"{Path} is not empty and holds no analysis; choose another"
        : Directory.EnumerateFileSystemEntries(Path).FirstOrDefault(IsForeign) is { } foreign ? $"{Path} holds {System.IO.Path.GetFileName(foreign)} beside an analysis, which would be lost; choose another"
        : null;

    /// <summary>Fails where <see cref="Write"/> could not write: hours of work would be lost to a disk that is read-only.</summary>
    /// <exception cref="IOException">The place is not to be written to.</exception>
    public void Prove()
    {
        Directory.CreateDirectory(Beside);
        Directory.Delete(Beside);
    }

    /// <summary>Writes everything beside the folder, then puts it there.</summary>
    /// <param name="result">The analysis.</param>
    /// <param name="report">Writes the report into the folder that it is given.</param>
    public void Write(AnalysisResult result, Action<string> report)
    {
        var (full, beside, before) = (Full, Beside, $"{Full}.{Environment.ProcessId}.old");
        Directory.CreateDirectory(beside);
        try
        {
            foreach (var (name, text) in AnalysisTables.Of(result)) WholeFile.Write(System.IO.Path.Combine(beside, name), text);
            report(beside);
            WholeFile.Write(System.IO.Path.Combine(beside, System.IO.Path.GetFileName(Summary)), result.Summary.ToJson());
            if (Directory.Exists(full)) Directory.Move(full, before);
            Directory.Move(beside, full);
        }
        catch
        {
            Directory.Delete(beside, recursive: true);
            throw;
        }
        if (Directory.Exists(before)) Directory.Delete(before, recursive: true);
    }

    private static bool IsForeign(string entry)
    {
        var name = System.IO.Path.GetFileName(entry);
        return Directory.Exists(entry) || !Tables.Contains(name) && !name.StartsWith("report", StringComparison.Ordinal);
    }
}
