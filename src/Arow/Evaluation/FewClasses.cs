namespace Arow.Evaluation;

/// <summary>What attacks do where there are few classes (check 6 of the published tool, which then stops with an error).</summary>
internal static class FewClasses
{
    public static Finding? Find(Probe probe)
    {
        string[] notes = [.. probe.Attacks.SelectMany(a => a.Notes(probe.Classes)).Distinct()];
        return notes.Length == 0 ? null : Finding.Note(
            "few-classes",
            $"With {probe.Classes} classes: {string.Join(" ", notes)}",
            "The attacks are defined for more classes; what they do here in place of that is as strong, but published results with this number of classes may have been got otherwise.",
            []);
    }
}
