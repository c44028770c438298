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

    /// <summary>What is in the way of writing here; null if nothing is.</summary>
    public string? Problem =>
        OutputPath.FolderFault(Path) is { } fault ? $"{Path} {fault}"
        : !Directory.Exists(Path) || !Directory.EnumerateFileSystemEntries(Path).Any() ? null
        : !File.Exists(Summary) ? $"{Path} is not empty and holds no analysis; choose another"
        : Directory.EnumerateFileSystemEntries(Path).FirstOrDefault(IsForeign) is { } foreign ? $"{Path} holds {System.IO.Path.GetFileName(foreign)} beside an analysis, which would be lost; choose another"
        : null;

    /// <summary>Makes the folder that is filled first. To be called before any work: hours of it would be lost to a disk that is read-only.</summary>
    /// <exception cref="InputException">The place cannot be written, holds something else, or another process writes it.</exception>
    public WholeFolder Begin()
    {
        var place = WholeFolder.Begin(Path);
        if (Problem is not { } problem) return place;
        place.Dispose();
        throw new InputException(problem);
    }

    /// <summary>Writes everything beside the folder, then puts it there.</summary>
    /// <param name="place">What <see cref="Begin"/> gave.</param>
    /// <param name="result">The analysis.</param>
    /// <param name="report">Writes the report into the folder that it is given.</param>
    public void Write(WholeFolder place, AnalysisResult result, Action<string> report)
    {
        foreach (var (name, text) in AnalysisTables.Of(result)) WholeFile.Write(System.IO.Path.Combine(place.Beside, name), text);
        report(place.Beside);
        WholeFile.Write(System.IO.Path.Combine(place.Beside, System.IO.Path.GetFileName(Summary)), result.Summary.ToJson());
        place.Finish();
    }

    private static bool IsForeign(string entry)
    {
        var name = System.IO.Path.GetFileName(entry);
        return Directory.Exists(entry) || !Tables.Contains(name) && !name.StartsWith("report", StringComparison.Ordinal);
    }
}
