namespace Arow.Evaluation;

/// <summary>Classes that no image gets, of which there are some.</summary>
internal static class NeverPredicted
{
    /// <summary>Of fewer images none may be recognised by bad luck.</summary>
    private const int Few = 5;

    public static Finding? Find(Probe probe)
    {
        var given = probe.Rows.Select(r => r.Clean).ToHashSet();
        var never = probe.Rows.CountBy(r => r.Label).Where(c => c.Value >= Few && !given.Contains(c.Key)).OrderBy(c => c.Key).ToList();
        return never.Count == 0 ? null : Finding.Note(
            "class-never-predicted",
            $"No image gets {(never.Count == 1 ? "class" : "the classes")} {ClassNames.Short([.. never.Select(c => $"{probe.Names[(int)c.Key]} ({c.Value} images)")])}.",
            "Where such classes are rare, accuracy hardly shows it: balanced accuracy and the table class by class do.",
            []);
    }
}
