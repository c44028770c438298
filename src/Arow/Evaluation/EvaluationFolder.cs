using System.Text;

namespace Arow.Evaluation;

/// <summary>The folder of an evaluation: <c>rows.tsv</c>, a row for each image, and <c>summary.json</c>.</summary>
/// <param name="path">The folder; made when it is written.</param>
public sealed class EvaluationFolder(string path)
{
    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>A row for each image, tab-separated, under <see cref="SampleResult.Header"/>.</summary>
    public string Rows => System.IO.Path.Combine(Path, "rows.tsv");

    /// <summary>The numbers.</summary>
    public string Summary => System.IO.Path.Combine(Path, "summary.json");

    /// <summary>Writes both files, each whole.</summary>
    public void Write(EvaluationResult result, EvaluationSummary summary)
    {
        Directory.CreateDirectory(Path);
        var text = new StringBuilder(SampleResult.Header).Append('\n');
        foreach (var row in result.Rows.OrderBy(r => r.Index)) text.Append(row.ToLine()).Append('\n');
        WholeFile.Write(Rows, text.ToString());
        WholeFile.Write(Summary, summary.ToJson());
    }

    /// <summary>Reads the rows.</summary>
    /// <exception cref="InputException">The file is missing or has a line that is no row.</exception>
    public IReadOnlyList<SampleResult> ReadRows()
    {
        if (!File.Exists(Rows)) throw new InputException($"{Rows}: is missing");
        var lines = File.ReadAllLines(Rows);
        if (lines.FirstOrDefault() != SampleResult.Header) throw new InputException($"{Rows}: does not begin with the header of rows");
        return [.. lines.Skip(1).Select((line, i) =>
            SampleResult.Parse(line) ?? throw new InputException($"{Rows}: line {i + 2} is no row"))];
    }
}
