using Arow.IO;

namespace Arow.Analysis;

/// <summary>
/// The folder of an analysis: <c>analysis.json</c>, <c>rows.tsv</c> and further tables, and the report. It is written
/// atomically, and replaces an older analysis as a whole.
/// </summary>
/// <param name="path">The folder.</param>
internal sealed class AnalysisFolder(string path)
{
    private static readonly string[] Tables = ["analysis.json", "rows.tsv", "confusion.tsv", "curves.tsv", "surface.tsv", "training.tsv"];

    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>The path of <c>analysis.json</c>.</summary>
    public string Summary => System.IO.Path.Combine(Path, "analysis.json");

    /// <summary>An error message if an analysis cannot be written here; null otherwise.</summary>
    public string? Error =>
        OutputPath.ValidateFolder(Path) is { } fault ? $"{Path} {fault}"
        : !OutputPath.FindEntries(Path).Any() ? null
        : !File.Exists(Summary) ? $"{Path} is not empty and holds no analysis; choose another"
        : OutputPath.FindEntries(Path).FirstOrDefault(IsUnknownFile) is { } foreign
            ? $"{Path} contains {System.IO.Path.GetFileName(foreign)} beside an analysis, which would be lost; choose another"
        : null;

    /// <summary>
    /// Creates the temporary folder. Call it before any work: hours of it would be lost if the disk is read-only.
    /// </summary>
    /// <exception cref="InputException">The folder cannot be written, contains other files, or another process writes it.</exception>
    public AtomicFolder Begin()
    {
        var place = AtomicFolder.Begin(Path);
        if (Error is not { } problem) return place;
        place.Dispose();
        throw new InputException(problem);
    }

    /// <summary>Writes all files to the temporary folder, then moves it to its place.</summary>
    /// <param name="place">The result of <see cref="Begin"/>.</param>
    /// <param name="result">The analysis.</param>
    /// <param name="report">Writes the report into a folder.</param>
    public void Write(AtomicFolder place, AnalysisResult result, Action<string> report)
    {
        foreach (var (name, text) in AnalysisTables.Create(result)) AtomicFile.Write(System.IO.Path.Combine(place.TemporaryPath, name), text);
        report(place.TemporaryPath);
        AtomicFile.Write(System.IO.Path.Combine(place.TemporaryPath, System.IO.Path.GetFileName(Summary)), result.Summary.ToJson());
        place.Commit();
    }

    private static bool IsUnknownFile(string entry)
    {
        var name = System.IO.Path.GetFileName(entry);
        return Directory.Exists(entry) || !Tables.Contains(name) && !name.StartsWith("report", StringComparison.Ordinal);
    }
}
