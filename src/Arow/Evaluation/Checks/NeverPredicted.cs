using Arow.Classes;

namespace Arow.Evaluation.Checks;

/// <summary>Classes that no image gets, of which there are some.</summary>
internal static class NeverPredicted
{
    /// <summary>Of fewer images none may be recognised by bad luck.</summary>
    private const int MinimumImages = 5;

    public static Finding? Find(ModelCheckContext context)
    {
        var given = context.Rows.Select(r => r.Clean).ToHashSet();
        var never = context.Rows.CountBy(r => r.Label).Where(c => c.Value >= MinimumImages && !given.Contains(c.Key)).OrderBy(c => c.Key).ToList();
        return never.Count == 0 ? null : Finding.Note(
            "class-never-predicted",
            $"No image gets {(never.Count == 1 ? "class" : "the classes")} "
                + $"{ClassNames.Summarize([.. never.Select(c => $"{context.ClassNames[(int)c.Key]} ({c.Value} images)")])}.",
            "Where such classes are rare, accuracy hardly shows it: balanced accuracy and the table class by class do.",
            []);
    }
}
