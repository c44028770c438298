using Arow.Classes;

namespace Arow.Evaluation.Checks;

/// <summary>Classes with images that are never predicted.</summary>
internal static class NeverPredicted
{
    /// <summary>Of fewer images, none may be recognized by chance.</summary>
    private const int MinimumImages = 5;

    public static Finding? Find(ModelCheckContext context)
    {
        var given = context.Rows.Select(r => r.Clean).ToHashSet();
        var never = context.Rows.CountBy(r => r.Label).Where(c => c.Value >= MinimumImages && !given.Contains(c.Key)).OrderBy(c => c.Key).ToList();
        return never.Count == 0 ? null : Finding.Note(
            "class-never-predicted",
            $"No image gets {(never.Count == 1 ? "class" : "the classes")} "
                + $"{ClassNames.Summarize([.. never.Select(c => $"{context.ClassNames[(int)c.Key]} ({c.Value} images)")])}.",
            "If these classes are small, accuracy hardly shows it: see balanced accuracy and the table of classes.",
            []);
    }
}
