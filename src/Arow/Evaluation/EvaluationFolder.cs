using System.Text;
using Arow.IO;

namespace Arow.Evaluation;

/// <summary>
/// The folder of an evaluation: <c>rows.tsv</c>, a row for each image, <c>summary.json</c>, <c>robustbench.json</c>, and
/// <c>journal</c>, from which an evaluation that was stopped goes on.
/// </summary>
/// <param name="path">The folder; made when it is written.</param>
public sealed class EvaluationFolder(string path)
{
    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>A row for each image, tab-separated, under <see cref="SampleResult.Header"/>.</summary>
    public string Rows => System.IO.Path.Combine(Path, "rows.tsv");

    /// <summary>The numbers.</summary>
    public string Summary => System.IO.Path.Combine(Path, "summary.json");

    /// <summary>The numbers as RobustBench keeps them.</summary>
    public string RobustBench => System.IO.Path.Combine(Path, "robustbench.json");

    /// <summary>Every batch that is done: see <see cref="EvaluationJournal"/>.</summary>
    public string Journal => System.IO.Path.Combine(Path, "journal");

    /// <summary>Whether an evaluation was begun here and not ended.</summary>
    public bool IsUnfinished => File.Exists(Journal) && !File.Exists(Summary);

    /// <summary>What is in the way of beginning an evaluation here; null if nothing is.</summary>
    /// <param name="resume">Whether what is here is to be gone on with.</param>
    public string? Validate(bool resume) =>
        OutputPath.ValidateFolder(Path) is { } fault ? $"{Path} {fault}"
        : IsOccupied ? $"{Path} is not empty and holds no evaluation; choose another"
        : resume ? null : UnfinishedError;

    private string? UnfinishedError => IsUnfinished
        ? $"{Path} holds an evaluation that was begun and not ended; --resume goes on with it, another --output begins a new one" : null;

    /// <summary>Whether something else is here, which an evaluation must not be mixed with.</summary>
    public bool IsOccupied => Directory.Exists(Path) && !File.Exists(Summary) && !File.Exists(Journal)
        // What a process that was killed left behind is nobody's.
        && Directory.EnumerateFileSystemEntries(Path)
            .Any(entry => !TemporaryFiles.IsTemporary(entry) && System.IO.Path.GetFileName(entry) != EvaluationJournal.LockFile);

    /// <summary>
    /// Begins the evaluation of an identity, or goes on with it. Results of an earlier one go first: whoever finds a
    /// summary here is to find that of the last evaluation.
    /// </summary>
    /// <param name="identity">What is measured.</param>
    /// <param name="resume">Whether to go on with what is there.</param>
    /// <param name="restartIfUnusable">
    /// Whether what cannot be gone on with, as another version of Arow began it, gives way to a new beginning.
    /// </param>
    /// <exception cref="InputException">
    /// There is something to go on with that is of another evaluation, or damaged; or another process writes it.
    /// </exception>
    internal EvaluationJournal Open(EvaluationIdentity identity, bool resume, bool restartIfUnusable = false) =>
        EvaluationJournal.OpenLocked(EvaluationJournal.AcquireLock(Journal), folderLock =>
    {
        // What is here is looked at under the claim: another process may have begun since anybody looked.
        TemporaryFiles.RemoveAbandoned(Path);
        if (resume && File.Exists(Journal))
        {
            try
            {
                return EvaluationJournal.Resume(Journal, identity, folderLock);
            }
            catch (InputException) when (restartIfUnusable)
            {
                // Where another process writes it, a new beginning is refused as well.
            }
        }
        if (!resume && UnfinishedError is { } problem) throw new InputException(problem);
        var journal = EvaluationJournal.Begin(Journal, identity, folderLock);
        foreach (var file in (string[])[Summary, Rows, RobustBench]) File.Delete(file);
        return journal;
    });

    /// <summary>Writes the results, each file whole, the summary last.</summary>
    public void Write(EvaluationResult result, EvaluationSummary summary)
    {
        Directory.CreateDirectory(Path);
        var text = new StringBuilder(SampleResult.Header).Append('\n');
        foreach (var row in result.Rows.OrderBy(r => r.Index)) text.Append(row.ToLine()).Append('\n');
        AtomicFile.Write(Rows, text.ToString());
        AtomicFile.Write(RobustBench, RobustBenchRecord.Create(summary));
        AtomicFile.Write(Summary, summary.ToJson());
    }

    /// <summary>Reads the numbers and the rows that they are of.</summary>
    /// <exception cref="InputException">One of the files is missing or damaged, or they are not of one evaluation.</exception>
    public (EvaluationSummary Summary, IReadOnlyList<SampleResult> Rows) Read()
    {
        var (summary, rows) = (EvaluationSummary.Read(Summary), ReadRows());
        if (rows.DistinctBy(r => r.Index).Count() != rows.Count) throw new InputException($"{Rows}: has an image twice");
        var (clean, robust) = (rows.Count(r => r.Clean == r.Label), rows.Count(r => r.Robust));
        return rows.Count == summary.N && Is(clean, summary.CleanAccuracy) && Is(robust, summary.RobustAccuracy) ? (summary, rows)
            : throw new InputException($"{Rows}: has {rows.Count} images, {clean} right and {robust} robust, and is not of {Summary}");

        // A share of whole images, but for the rounding of its last digit.
        bool Is(int count, double share) => Math.Abs(count - share * summary.N) < 1e-6 * Math.Max(1, summary.N);
    }

    /// <summary>Reads the rows.</summary>
    /// <exception cref="InputException">The file is missing or has a line that is no row.</exception>
    public IReadOnlyList<SampleResult> ReadRows()
    {
        if (!File.Exists(Rows)) throw new InputException($"{Rows}: is missing");
        RegularFile.EnsureRegular(Rows);
        var lines = File.ReadAllLines(Rows);
        if (lines.FirstOrDefault() != SampleResult.Header) throw new InputException($"{Rows}: does not begin with the header of rows");
        return [.. lines.Skip(1).Select((line, i) =>
            SampleResult.Parse(line) ?? throw new InputException($"{Rows}: line {i + 2} is no row"))];
    }
}
