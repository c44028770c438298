namespace Arow.Studies;

/// <summary>The setting of a method that validation selects.</summary>
/// <param name="Cell">The setting; null if it is not known yet.</param>
/// <param name="CandidateCount">The number of candidate settings.</param>
/// <param name="Seeds">The number of seeds with all candidates; the selection uses the mean over these.</param>
/// <param name="AxesAtEdge">The numeric axes whose smallest or largest value was selected: a better one may lie beyond.</param>
internal sealed record ChosenSetting(StudyCell? Cell, int CandidateCount, int Seeds, IReadOnlyList<string> AxesAtEdge)
{
    /// <summary>
    /// Selects by the highest mean validation score over the seeds with all settings; of equals, the first in
    /// the file. A setting with a failed run is not selected.
    /// </summary>
    /// <param name="runs">All runs of a method on a data set.</param>
    /// <param name="selected">The selected weights of each; null if its training is not complete.</param>
    /// <param name="failed">Whether its training failed.</param>
    public static ChosenSetting Choose(IReadOnlyList<StudyRun> runs, Func<StudyRun, SelectionRecord?> selected, Func<StudyRun, bool> failed)
    {
        var cells = runs.GroupBy(r => r.Cell).ToList();
        if (cells.Count == 1) return new ChosenSetting(cells[0].Key, 1, runs.Count(r => selected(r) is not null), []);

        var scores = cells.Where(c => !c.Any(failed)).ToDictionary(c => c.Key, c => c.ToDictionary(r => r.Seed, r => selected(r)?.Score));
        if (scores.Count == 0) return new ChosenSetting(null, cells.Count, 0, []);
        var seeds = runs.Select(r => r.Seed).Distinct().Where(seed => scores.Values.All(s => s.GetValueOrDefault(seed) is not null)).ToList();
        if (seeds.Count == 0) return new ChosenSetting(null, cells.Count, 0, []);
        var best = scores.Keys.MaxBy(c => seeds.Average(seed => scores[c][seed]!.Value))!;
        return new ChosenSetting(best, cells.Count, seeds.Count, [.. Edges(runs, best)]);
    }

    private static IEnumerable<string> Edges(IReadOnlyList<StudyRun> runs, StudyCell best)
    {
        foreach (var (name, value) in runs.First(r => r.Cell == best).Axes)
        {
            double?[] values = [.. runs.SelectMany(r => r.Axes).Where(a => a.Name == name).Select(a => a.Value).Distinct()
                .Select(v => Ratio.Parse(v)?.Value)];
            if (values.Length < 2 || values.Contains(null)) continue;
            var chosen = Ratio.Parse(value)!.Value.Value;
            if (chosen == values.Min() || chosen == values.Max()) yield return name;
        }
    }
}
