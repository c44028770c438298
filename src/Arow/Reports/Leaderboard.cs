using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Arow.Evaluation;

namespace Arow.Reports;

/// <summary>A model in a leaderboard.</summary>
/// <param name="Rank">From 1; equal accuracies share a rank.</param>
/// <param name="Model">The evaluation.</param>
/// <param name="AgainstFirst">Its robust images against those of the first model, image by image; null for the first.</param>
internal sealed record LeaderboardEntry(int Rank, EvaluatedModel Model, PairedComparison? AgainstFirst)
{
    /// <summary>Reasons to trust its numbers less.</summary>
    public IReadOnlyList<string> Remarks { get; } =
    [
        .. EvaluationBanners.DescribeSelection(Model.Summary.Subject.SelectedOn) is { } selection
            ? (string[])[selection.Split(':')[0].ToLowerInvariant()] : [],
        .. (Model.Summary.Findings ?? []).Where(f => f.Level == FindingLevel.Warning).Select(f => f.Check),
    ];
}

/// <summary>Models that were evaluated alike, by falling robust accuracy: the same images, threat model and attacks.</summary>
/// <param name="Title">Images, threat model and attacks.</param>
/// <param name="Entries">At least one.</param>
internal sealed record Leaderboard(string Title, IReadOnlyList<LeaderboardEntry> Entries)
{
    /// <summary>An evaluation that stands for the others.</summary>
    public EvaluationSummary First => Entries[0].Model.Summary;

    /// <summary>Whether there was an attack: otherwise clean accuracy ranks.</summary>
    public bool IsAttacked => First.Attacks.Count > 0;

    /// <summary>Sorts evaluations into leaderboards; those that were not evaluated alike are never in the same.</summary>
    public static IReadOnlyList<Leaderboard> CreateAll(IEnumerable<EvaluatedModel> models)
    {
        var alike = models.GroupBy(Conditions.From)
            .Select(g => (g.Key.Data, Title: Describe(g.First()), Models: g))
            .OrderBy(g => g.Title, StringComparer.Ordinal).ThenBy(g => g.Data, StringComparer.Ordinal).ToList();
        var ambiguous = alike.GroupBy(g => g.Title).Where(g => g.Count() > 1).Select(g => g.Key).ToHashSet();
        return [.. alike.Select(g => new Leaderboard(ambiguous.Contains(g.Title) ? $"{g.Title}, images {g.Data[..8]}" : g.Title, Rank(g.Models)))];
    }

    private static List<LeaderboardEntry> Rank(IEnumerable<EvaluatedModel> models)
    {
        var sorted = models.OrderByDescending(m => m.Summary.RobustAccuracy).ThenByDescending(m => m.Summary.CleanAccuracy)
            .ThenBy(m => m.Folder, StringComparer.Ordinal).ToList();
        return [.. sorted.Select((m, i) => new LeaderboardEntry(
            1 + sorted.Count(other => other.Summary.RobustAccuracy > m.Summary.RobustAccuracy), m,
            i == 0 ? null : PairedComparison.CompareRobust(m.Rows, sorted[0].Rows)))];
    }

    private static string Describe(EvaluatedModel model)
    {
        var (s, subject) = (model.Summary, model.Summary.Subject);
        return $"{SubjectNames.Data(subject)}, {ReportFormat.Count(s.N)} images, "
            + (s.Attacks.Count == 0 ? "no attack" : $"{ReportFormat.Threat(subject)}, {Attacks(s)}") + (s.EndedEarly is null ? "" : ", ended early");
    }

    private static string Attacks(EvaluationSummary s) => s.Subject.Protocol ?? string.Join(", ", s.Attacks.Select(a => a.Name));

    /// <summary>What must be the same for two accuracies to be comparable.</summary>
    /// <param name="Data">Hash of the images.</param>
    /// <param name="N">Their number.</param>
    /// <param name="Threat">Norm and size; without an attack, nothing.</param>
    /// <param name="Attacks">The protocol.</param>
    /// <param name="EndedEarly">Whether robust accuracy may be lower still.</param>
    private sealed record Conditions(string Data, int N, string Threat, string Attacks, bool EndedEarly)
    {
        public static Conditions From(EvaluatedModel model)
        {
            var (s, subject) = (model.Summary, model.Summary.Subject);
            var epsilon = Ratio.Parse(subject.Epsilon)?.Value.ToString("R", CultureInfo.InvariantCulture) ?? subject.Epsilon;
            // In older summaries there is no hash of the images.
            return new(subject.DataSha256 ?? HashRows(model.Rows), s.N, s.Attacks.Count == 0 ? "" : $"{subject.Norm} {epsilon}",
                s.Attacks.Count == 0 ? "" : Leaderboard.Attacks(s), s.EndedEarly is not null);
        }

        private static string HashRows(IEnumerable<SampleResult> rows) => Convert.ToHexStringLower(SHA256.HashData(
            Encoding.ASCII.GetBytes(string.Join(' ', rows.OrderBy(r => r.Index).Select(r => $"{r.Index}:{r.Label}")))));
    }
}
