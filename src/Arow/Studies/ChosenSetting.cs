namespace Arow.Studies;

/// <summary>Which setting of a method the validation images choose.</summary>
/// <param name="Cell">The setting; null if that cannot be said yet.</param>
/// <param name="CandidateCount">How many settings there were to choose from.</param>
/// <param name="Seeds">How many seeds had all of them; the choice is by the mean over these.</param>
/// <param name="AxesAtEdge">Names of axes of numbers whose smallest or largest value was chosen: a better one may lie beyond.</param>
internal sealed record ChosenSetting(StudyCell? Cell, int CandidateCount, int Seeds, IReadOnlyList<string> AxesAtEdge)
{
    /// <summary>
    /// Chooses by the highest mean of the validation score over the seeds that have all settings; of equals, the first of
    /// the file. A setting of which a run came to nothing is not chosen.
    /// </summary>
    /// <param name="runs">All runs of a method on a data set.</param>
    /// <param name="selected">What was selected in each; null if its training has not ended.</param>
    /// <param name="failed">Whether its training came to nothing.</param>
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
