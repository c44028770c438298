namespace Arow.Evaluation.Checks;

/// <summary>Behaviour of attacks with few classes (check 6 of the published tool, which then stops with an error).</summary>
internal static class FewClasses
{
    public static Finding? Find(ModelCheckContext context)
    {
        string[] notes = [.. context.Attacks.SelectMany(a => a.Notes(context.Classes)).Distinct()];
        return notes.Length == 0 ? null : Finding.Note(
            "few-classes",
            $"With {context.Classes} classes: {string.Join(" ", notes)}",
            "The attacks are defined for more classes; their replacements here are as strong, but published results with this number of "
                + "classes may have been computed differently.",
            []);
    }
}
