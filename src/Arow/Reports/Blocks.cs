namespace Arow.Reports;

/// <summary>A part of a <see cref="Report"/>. Texts are plain; renderers escape them.</summary>
internal interface IBlock;

/// <summary>A heading below the title.</summary>
/// <param name="Text">Plain text.</param>
internal sealed record Heading(string Text) : IBlock;

/// <summary>A paragraph.</summary>
/// <param name="Text">Plain text.</param>
internal sealed record Paragraph(string Text) : IBlock;

/// <summary>A prominent warning: a reason to trust the numbers less or to read them differently.</summary>
/// <param name="Text">Plain text.</param>
internal sealed record Banner(string Text) : IBlock;

/// <summary>A table.</summary>
/// <param name="Columns">Column heads.</param>
/// <param name="Rows">Rows with as many cells as columns.</param>
/// <param name="Numbers">Whether all columns but the first hold numbers.</param>
internal sealed record Table(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, bool Numbers = true) : IBlock
{
    /// <summary>Shown above the table; null to name it by the heading before it, for assistive programs alone.</summary>
    public string? Caption { get; init; }

    /// <summary>Columns whose highest values are marked.</summary>
    public IReadOnlyList<int> HighestIsBest { get; init; } = [];

    /// <summary>Whether the order of the rows has a meaning, and nothing is gained by sorting them: properties of one thing.</summary>
    public bool IsFixedOrder { get; init; } = !Numbers && Columns.Count == 2;

    /// <summary>Relative address behind the first cell of each row, null for none; null for no links.</summary>
    public IReadOnlyList<string?>? Links { get; init; }

    /// <summary>Returns the table without the columns in which all cells are empty.</summary>
    public Table WithoutEmptyColumns()
    {
        int[] kept = [.. Enumerable.Range(0, Columns.Count).Where(j => j == 0 || Rows.Any(row => row[j].Length > 0))];
        return this with
        {
            Columns = [.. kept.Select(j => Columns[j])],
            Rows = [.. Rows.Select(row => (IReadOnlyList<string>)[.. kept.Select(j => row[j])])],
            HighestIsBest = [.. HighestIsBest.Where(kept.Contains).Select(j => Array.IndexOf(kept, j))],
        };
    }
}

/// <summary>A drawing.</summary>
/// <param name="Name">Name of its file beside the Markdown, without extension.</param>
/// <param name="Caption">What it shows.</param>
/// <param name="Svg">The self-contained SVG element.</param>
internal sealed record SvgFigure(string Name, string Caption, string Svg) : IBlock;

/// <summary>A bitmap.</summary>
/// <param name="Name">Name of its file beside the Markdown, without extension.</param>
/// <param name="Caption">What it shows.</param>
/// <param name="Png">The PNG file.</param>
internal sealed record PngFigure(string Name, string Caption, byte[] Png) : IBlock
{
    /// <summary>The pictures of the sheet one by one, which pages show in its place, with whole names; null for the sheet itself.</summary>
    public IReadOnlyList<SheetItem>? Items { get; init; }
}

/// <summary>Pictures beside each other with lines of text below.</summary>
/// <param name="Pictures">PNG files with what each shows.</param>
/// <param name="Lines">Texts, and whether each is a misclassification.</param>
internal sealed record SheetItem(IReadOnlyList<(byte[] Png, string Shows)> Pictures, IReadOnlyList<(string Text, bool Wrong)> Lines)
{
    /// <summary>Width of each picture on the page, in pixels.</summary>
    public required int Width { get; init; }
}
