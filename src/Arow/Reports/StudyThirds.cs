using Arow.Evaluation;
using Arow.Evaluation.Checks;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>
/// The reference's lead over another method on a third of the images: the least robust, the middle or the most robust third. An image's
/// third is decided by a network that is not compared, the study's first other method trained with the next seed: groups made by one
/// of the compared networks would show regression to the mean as a lead. A network that answers one class for all images orders them by
/// their class alone; the seed after it takes its place.
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
        var reference = RowsBySeed(study.Reference);
        var judge = RowsBySeed(others[0]);
        var thirds = study.Seeds.Select((_, i) => SplitIntoThirds(JudgeAfter(i))).ToList();
        return
        [
            .. from other in others
               let rows = other == others[0] ? judge : RowsBySeed(other)
               let seeds = Enumerable.Range(0, study.Seeds.Count)
                   .Where(i => reference[i].Count > 0 && rows[i].Count > 0 && thirds[i].All(third => third.Count > 0)).ToList()
               where seeds.Count > 0
               from third in Thirds.Index()
               select new StudyThirds(other, third.Item, new SeedComparison(
                   [.. seeds.Select(i => Compare(reference[i], rows[i], thirds[i][third.Index]))])),
        ];

        IReadOnlyList<SampleResult> JudgeAfter(int seed) =>
            judge.Skip(seed + 1).Concat(judge.Take(seed)).FirstOrDefault(rows => !ConstantPrediction.Holds(rows)) ?? [];

        IReadOnlyList<IReadOnlyList<SampleResult>> RowsBySeed(string method)
        {
            var runs = results.GetChosenSetting(dataset, method).Cell is { } cell ? results.ResultsOf(cell) : [];
            return [.. study.Seeds.Select(seed =>
                runs.FirstOrDefault(r => r.Run.Seed == seed)?.Measured.GetValueOrDefault(study.Headline.Name)?.Rows ?? [])];
        }
    }

    /// <summary>Describes the table.</summary>
    public static string Describe(Study study) =>
        $"Robust accuracy ({study.Headline.Name}) of {study.Reference} minus the other's in points, on thirds of the images: by the margin under attack "
            + $"of a {study.Methods.FirstOrDefault(m => m != study.Reference)} network of the next seed that has learnt, which is neither of the two. The interval (95 %) is Student's t over seeds.";

    /// <summary>Creates the table.</summary>
    public static StudyTable CreateTable(IReadOnlyList<StudyThirds> leads, string suffix) => StudyTable.Create($"thirds{suffix}", leads,
    [
        new("minus …", "other", l => l.Other),
        new("images", "third", l => l.Third),
        .. StudyTables.LeadColumns<StudyThirds>(l => l.Lead),
    ], numbers: false);

    /// <summary>Returns the indices of the images of each third, by ascending margin.</summary>
    private static IReadOnlyList<HashSet<long>> SplitIntoThirds(IReadOnlyList<SampleResult> judge)
    {
        List<long> images = [.. judge.OrderBy(r => r.Margin).ThenBy(r => r.Index).Select(r => r.Index)];
        return [.. Thirds.Select((_, third) => images[(third * images.Count / 3)..((third + 1) * images.Count / 3)].ToHashSet())];
    }

    private static PairedComparison Compare(IReadOnlyList<SampleResult> first, IReadOnlyList<SampleResult> second, HashSet<long> images) =>
        PairedComparison.CompareRobust([.. first.Where(r => images.Contains(r.Index))], [.. second.Where(r => images.Contains(r.Index))]);
}
