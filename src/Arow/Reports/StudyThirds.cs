using Arow.Evaluation;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>
/// The reference's lead over another method on a third of the images: the least robust, the middle or the most robust third. An image's
/// third is decided by a network that is not compared, the study's first other method trained with the next seed: groups made by one
/// of the compared networks would show regression to the mean as a lead.
/// </summary>
/// <param name="Other">The other method.</param>
/// <param name="Third">Which third.</param>
/// <param name="Lead">Robust accuracy of the reference minus the other's on these images, over seeds.</param>
internal sealed record StudyThirds(string Other, string Third, SeedComparison Lead)
{
    private static readonly string[] Thirds = ["least robust", "middle", "most robust"];

    /// <summary>Returns the leads on a data set; none without an attack, with one seed, or before the runs are measured.</summary>
    public static IReadOnlyList<StudyThirds> CreateAll(StudyResults results, string dataset)
    {
        var study = results.Study;
        var others = study.Methods.Where(m => m != study.Reference).ToList();
        if (study.Headline.Attacks.Count == 0 || study.Seeds.Count < 2 || others.Count == 0) return [];
        return
        [
            .. from other in others
               let seeds = study.Seeds.Select((seed, i) => (
                       First: Rows(study.Reference, seed), Second: Rows(other, seed),
                       Judge: Rows(others[0], study.Seeds[(i + 1) % study.Seeds.Count])))
                   .Where(s => s is { First: not null, Second: not null, Judge: not null }).ToList()
               where seeds.Count > 0
               from third in Thirds.Index()
               select new StudyThirds(other, third.Item, new SeedComparison(
                   [.. seeds.Select(s => Compare(s.First!, s.Second!, ImagesOfThird(s.Judge!, third.Index)))])),
        ];

        IReadOnlyList<SampleResult>? Rows(string method, long seed) => results.GetChosenSetting(dataset, method).Cell is { } cell
            ? results.ResultsOf(cell).FirstOrDefault(r => r.Run.Seed == seed)?.Measured.GetValueOrDefault(study.Headline.Name)?.Rows : null;
    }

    /// <summary>Describes the table.</summary>
    public static string Describe(Study study) =>
        $"Robust accuracy ({study.Headline.Name}) of {study.Reference} minus the other's in points, on thirds of the images: by the margin under attack "
            + $"of a {study.Methods.FirstOrDefault(m => m != study.Reference)} network of the next seed, which is neither of the two. The interval (95 %) is Student's t over seeds.";

    /// <summary>Creates the table.</summary>
    public static StudyTable CreateTable(IReadOnlyList<StudyThirds> leads, string suffix) => StudyTable.Create($"thirds{suffix}", leads,
    [
        new("minus …", "other", l => l.Other),
        new("images", "third", l => l.Third),
        .. StudyTables.LeadColumns<StudyThirds>(l => l.Lead),
    ], numbers: false);

    /// <summary>Returns the indices of the images of a third, by ascending margin.</summary>
    private static HashSet<long> ImagesOfThird(IReadOnlyList<SampleResult> judge, int third) =>
        [.. judge.OrderBy(r => r.Margin).ThenBy(r => r.Index).Select(r => r.Index)
            .Skip(third * judge.Count / 3).Take((third + 1) * judge.Count / 3 - third * judge.Count / 3)];

    private static PairedComparison Compare(IReadOnlyList<SampleResult> first, IReadOnlyList<SampleResult> second, HashSet<long> images) =>
        PairedComparison.CompareRobust([.. first.Where(r => images.Contains(r.Index))], [.. second.Where(r => images.Contains(r.Index))]);
}
