using System.Text;
using Arow.IO;

namespace Arow.Evaluation;

/// <summary>
/// The folder of an evaluation: <c>rows.tsv</c>, a row for each image, <c>summary.json</c>, <c>robustbench.json</c>, and
/// <c>journal</c>, from which a stopped evaluation resumes.
/// </summary>
/// <param name="path">The folder; created on writing.</param>
public sealed class EvaluationFolder(string path)
{
    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>The file of rows, one for each image, tab-separated, under <see cref="SampleResult.Header"/>.</summary>
    public string Rows => System.IO.Path.Combine(Path, "rows.tsv");

    /// <summary>The summary file.</summary>
    public string Summary => System.IO.Path.Combine(Path, "summary.json");

    /// <summary>The summary in RobustBench's format.</summary>
    public string RobustBench => System.IO.Path.Combine(Path, "robustbench.json");

    /// <summary>The journal of finished batches: see <see cref="EvaluationJournal"/>.</summary>
    public string Journal => System.IO.Path.Combine(Path, "journal");

    /// <summary>Whether an incomplete evaluation exists here.</summary>
    public bool IsUnfinished => File.Exists(Journal) && !File.Exists(Summary);

    /// <summary>Returns why an evaluation cannot start here; null if it can.</summary>
    /// <param name="resume">Whether to resume an existing evaluation.</param>
    public string? Validate(bool resume) =>
        OutputPath.ValidateFolder(Path) is { } fault ? $"{Path} {fault}"
        : IsOccupied ? $"{Path} is not empty and contains no evaluation; choose another"
        : resume ? null : UnfinishedError;

    private string? UnfinishedError => IsUnfinished
        ? $"{Path} contains an incomplete evaluation; {Wording.Current.ResumeIt}, or choose {Wording.Current.AnotherFolder}" : null;

    /// <summary>Whether the folder contains other files, which an evaluation must not be mixed with.</summary>
    public bool IsOccupied => !File.Exists(Summary) && !File.Exists(Journal)
        // Leftovers of a killed process do not count.
        && OutputPath.FindEntries(Path).Any(entry => !EvaluationLocks.IsLock(entry));

    /// <summary>
    /// Starts or resumes the evaluation of an identity, or joins processes that evaluate it. Results of an earlier one are deleted
    /// first: a summary here must be that of the last evaluation.
    /// </summary>
    /// <param name="identity">The identity of the evaluation.</param>
    /// <param name="resume">Whether to resume or join an existing evaluation.</param>
    /// <param name="restartIfUnusable">
    /// Whether an evaluation that cannot be resumed, such as one of another version of Arow, is restarted.
    /// </param>
    /// <param name="joins">Whether another process has started it.</param>
    /// <exception cref="InputException">
    /// The existing evaluation is another one or damaged; or another process evaluates here, and <paramref name="resume"/> is false.
    /// </exception>
    internal EvaluationJournal Open(EvaluationIdentity identity, bool resume, bool restartIfUnusable = false, bool joins = false) =>
        EvaluationJournal.Open(Journal, identity, new JournalStart(resume)
        {
            RestartIfUnusable = restartIfUnusable,
            Joins = joins,
            Validate = () => UnfinishedError,
            Started = () => ((string[])[Summary, Rows, RobustBench]).ToList().ForEach(File.Delete),
        });

    /// <summary>Writes the results atomically, the summary last.</summary>
    public void Write(EvaluationResult result, EvaluationSummary summary) => Write(result, summary, names: null);

    /// <summary>Writes the results atomically, the summary last, with names of classes and files in the rows.</summary>
    internal void Write(EvaluationResult result, EvaluationSummary summary, RowNames? names)
    {
        Directory.CreateDirectory(Path);
        var text = new StringBuilder(SampleResult.Header).Append(names?.Header).Append('\n');
        foreach (var row in result.Rows.OrderBy(r => r.Index))
            text.Append(row.ToLine()).Append(names?.Cells(row.Index, row.Label, row.Adversarial)).Append('\n');
        AtomicFile.Write(Rows, text.ToString());
        AtomicFile.Write(RobustBench, RobustBenchRecord.Create(summary));
        AtomicFile.Write(Summary, summary.ToJson());
    }

    /// <summary>Returns the summary that another process has written of the same evaluation; null if there is none, or a less complete one.</summary>
    /// <param name="own">The result here.</param>
    internal EvaluationSummary? ReadResultsOfOther(EvaluationResult own) =>
        File.Exists(Summary) && EvaluationSummary.Read(Summary) is var summary && (summary.EndedEarly is null || own.EndedEarly) ? summary : null;

    /// <summary>Reads the summary and its rows.</summary>
    /// <exception cref="InputException">One of the files is missing or damaged, or they are of different evaluations.</exception>
    public (EvaluationSummary Summary, IReadOnlyList<SampleResult> Rows) Read()
    {
        var (summary, rows) = (EvaluationSummary.Read(Summary), ReadRows());
        if (rows.DistinctBy(r => r.Index).Count() != rows.Count) throw new InputException($"{Rows}: duplicate image");
        var (clean, robust) = (rows.Count(r => r.Clean == r.Label), rows.Count(r => r.Robust));
        return rows.Count == summary.N && Is(clean, summary.CleanAccuracy) && Is(robust, summary.RobustAccuracy) ? (summary, rows)
            : throw new InputException($"{Rows}: has {rows.Count} images, {clean} correct and {robust} robust, and does not match {Summary}");

        // A fraction of the images, up to rounding in its last digit.
        bool Is(int count, double share) => Math.Abs(count - share * summary.N) < 1e-6 * Math.Max(1, summary.N);
    }

    /// <summary>Reads the rows.</summary>
    /// <exception cref="InputException">The file is missing or has an invalid line.</exception>
    public IReadOnlyList<SampleResult> ReadRows()
    {
        if (!File.Exists(Rows)) throw new InputException($"{Rows}: is missing");
        RegularFile.EnsureRegular(Rows);
        var lines = File.ReadAllLines(Rows);
        var header = lines.FirstOrDefault();
        if (!RowNames.IsHeader(header, SampleResult.Header)) throw new InputException($"{Rows}: does not start with the header of rows");
        return [.. lines.Skip(1).Select((line, i) =>
            SampleResult.Parse(header == SampleResult.Header ? line : RowNames.Cut(line, SampleResult.Columns)) ?? throw new InputException($"{Rows}: line {i + 2} is not a row"))];
    }
}
