using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Arow.IO;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>Results of a study, as far as it is done: a report and tables.</summary>
/// <param name="Report">The report.</param>
/// <param name="Tables">All tables.</param>
/// <param name="Headlines">For each data set, the table of methods in their selected settings and that over seeds.</param>
/// <param name="Json">Content of <c>study.json</c>.</param>
internal sealed record StudyReport(Report Report, IReadOnlyList<StudyTable> Tables, IReadOnlyList<Table> Headlines, JsonObject Json)
{
    /// <summary>A sentence per comparison stated in advance, primary ones first.</summary>
    public IReadOnlyList<string> Verdicts { get; init; } = [];

    /// <summary>Creates the report of the results so far.</summary>
    public static StudyReport Create(StudyResults results)
    {
        var study = results.Study;
        var sections = study.Datasets.Select(dataset => StudySection.Create(results, dataset, isOnly: study.Datasets.Count == 1)).ToList();
        var runs = StudyTables.Runs(results);
        StudyEndpoints[] endpoints = [.. StudyEndpoints.CreateAll(results)];
        var leads = StudyGap.CreateAll(results);
        var gap = StudyGap.CreateTable(leads);
        StudyTable[] tables =
        [
            .. endpoints.Select(e => e.Table), .. leads.Count == 0 ? [] : (StudyTable[])[gap], .. sections.SelectMany(s => s.Tables), runs,
        ];
        string[] stamps = [.. StudyText.CreateWarnings(results)];
        var provenance = results.Runs.SelectMany(r => r.Measured.Values).FirstOrDefault()?.Summary.Provenance;
        var report = new Report(study.Title,
        [
            .. stamps.Select(s => new Banner(s)),
            .. StudyText.CreateIntroduction(results).Select(p => new Paragraph(p)),
            .. endpoints.SelectMany(e => e.Blocks),
            .. StudyGap.CreateBlocks(study, leads, gap),
            .. sections.SelectMany(s => s.Blocks),
            new Heading("Every run"),
            new Paragraph("Seeds, validation accuracies of the selected weights (PGD-10), and accuracies on the test images. The folder of each run "
                + "contains its options, log, weights and a row for each image."),
            runs.Display,
            .. provenance is { } p ? (IBlock[])[new Heading("Versions and machine"), ReportFormat.Provenance(p)] : [],
        ]);
        var json = new JsonObject
        {
            ["title"] = study.Title,
            ["complete"] = StudyText.CountMissingJobs(results) is (0, _),
            ["failed"] = new JsonArray([.. results.Runs.Where(r => r.Failure is not null).Select(r => JsonValue.Create(r.Run.Name))]),
            ["stamps"] = new JsonArray([.. stamps.Select(s => JsonValue.Create(s))]),
            ["reference"] = study.Reference,
            ["endpoints"] = new JsonObject([.. endpoints.Select(e => KeyValuePair.Create(e.Table.Name, (JsonNode?)e.Json))]),
            ["evaluations"] = new JsonArray([.. study.Evaluations.Select(e => JsonValue.Create(e.Name))]),
            ["tables"] = new JsonObject([.. tables.Select(t => KeyValuePair.Create(t.Name, (JsonNode?)t.Json))]),
            ["provenance"] = provenance is { } q ? JsonNode.Parse(q.GetRawText()) : null,
        };
        return new StudyReport(report, tables, [.. sections.SelectMany(s => s.Headlines)], json)
        {
            Verdicts = [.. endpoints.SelectMany(e => e.Verdicts)],
        };
    }

    /// <summary>Writes <c>study.md</c>, <c>study.html</c>, the charts, <c>tables/*.tsv</c> and, last, <c>study.json</c>.</summary>
    /// <param name="folder">The folder of the study.</param>
    /// <param name="isUnderway">Whether this process continues the study: the page then reloads itself.</param>
    public void Write(StudyFolder folder, bool isUnderway = false)
    {
        (Report with { RefreshSeconds = isUnderway ? LivePage.RefreshSeconds : null }).Write(folder.Path, "study");
        Directory.CreateDirectory(folder.Tables);
        foreach (var table in Tables) AtomicFile.Write(Path.Combine(folder.Tables, $"{table.Name}.tsv"), table.Tsv);
        AtomicFile.Write(folder.Summary, Json.ToJsonString(
            new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");
    }
}
