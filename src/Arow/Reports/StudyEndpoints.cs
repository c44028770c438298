using System.Text.Json.Nodes;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>Report section on endpoints stated in advance: the primary one or the secondary ones.</summary>
/// <param name="Blocks">Blocks of the report.</param>
/// <param name="Table">A row per comparison.</param>
/// <param name="Verdicts">A sentence per comparison.</param>
/// <param name="Json">Machine-readable form.</param>
internal sealed record StudyEndpoints(IReadOnlyList<IBlock> Blocks, StudyTable Table, IReadOnlyList<string> Verdicts, JsonObject Json)
{
    /// <summary>Returns the sections of the primary and of the secondary endpoints, if stated.</summary>
    public static IEnumerable<StudyEndpoints> CreateAll(StudyResults results)
    {
        var (primary, secondary) = (results.Study.Primary, results.Study.Secondary);
        if (primary is not null) yield return Create(results, "primary", "The primary endpoint", [primary]);
        if (secondary.Count > 0) yield return Create(results, "secondary",
            secondary.Count == 1 ? "The secondary endpoint" : "The secondary endpoints", secondary);
    }

    private static StudyEndpoints Create(StudyResults results, string name, string heading, IReadOnlyList<Endpoint> family)
    {
        var found = EndpointResult.Compute(results, family);
        var table = StudyTables.OverSeeds(name, found);
        string[] verdicts = [.. found.Select(f => EndpointText.DescribeVerdict(f))];
        var stated = results.Stated.Count == 0 ? null : results.Stated[^1];
        IBlock[] blocks =
        [
            new Heading(heading),
            .. family.Where(e => e.Title is not null).Select(e => new Paragraph(e.Title!)),
            .. verdicts.Select(v => new Paragraph(v)),
            .. family.Select(e => new Paragraph($"From the study file: {e.Verbatim}")),
            .. stated is null ? [] : (IBlock[])[new Paragraph(EndpointText.DescribeStatement(stated))],
            table.Display,
            new Paragraph(StudyText.Seeds),
        ];
        return new StudyEndpoints(blocks, table, verdicts, new JsonObject
        {
            ["stated"] = new JsonArray([.. family.Select(e => JsonNode.Parse(e.Verbatim.Length > 0 ? e.Verbatim : "null"))]),
            ["verdicts"] = new JsonArray([.. verdicts.Select(v => JsonValue.Create(v))]),
            ["sha256"] = stated?.Sha256,
        });
    }
}
