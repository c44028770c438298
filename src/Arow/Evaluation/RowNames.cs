using Arow.Data;

namespace Arow.Evaluation;

/// <summary>The last columns of tables of images: their classes by name and, if they were files, their paths.</summary>
/// <param name="images">The images.</param>
/// <param name="classes">Class names of the labels and predictions.</param>
internal sealed class RowNames(ImageSet images, IReadOnlyList<string> classes)
{
    private const string ClassColumns = "\tclass\tadversarial_class", FileColumn = "\tfile";

    private readonly IReadOnlyList<string>? files = images.Origin?.Names;

    /// <summary>Names of the columns, each after a tab.</summary>
    public string Header => files is null ? ClassColumns : ClassColumns + FileColumn;

    /// <summary>The cells of an image, each after a tab.</summary>
    /// <param name="index">Its index in the whole set.</param>
    /// <param name="label">Its class.</param>
    /// <param name="adversarial">The class predicted for its adversarial image.</param>
    public string Cells(long index, long label, long adversarial) =>
        $"\t{Name(label)}\t{Name(adversarial)}{(files is null ? "" : $"\t{Cell(files[(int)index])}")}";

    /// <summary>Cuts these columns off a line.</summary>
    /// <param name="line">A line.</param>
    /// <param name="columns">Columns before them.</param>
    public static string Cut(string line, int columns)
    {
        var at = -1;
        for (var i = 0; i < columns && (at = line.IndexOf('\t', at + 1)) >= 0; i++)
        {
        }
        return at < 0 ? line : line[..at];
    }

    /// <summary>Whether a header ends with these columns.</summary>
    /// <param name="header">The header.</param>
    /// <param name="before">The columns before them.</param>
    public static bool IsHeader(string? header, string before) => header == before
        || header == before + ClassColumns || header == before + ClassColumns + FileColumn;

    private string Name(long label) => label >= 0 && label < classes.Count ? Cell(classes[(int)label]) : $"{label}";

    private static string Cell(string text) => Printable.Escape(text).Replace('\t', ' ');
}
