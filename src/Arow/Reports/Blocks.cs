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
internal sealed record Table(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, bool Numbers = true) : IBlock;

/// <summary>A drawing.</summary>
/// <param name="Name">Name of its file beside the Markdown, without extension.</param>
/// <param name="Caption">What it shows.</param>
/// <param name="Svg">The self-contained SVG element.</param>
internal sealed record SvgFigure(string Name, string Caption, string Svg) : IBlock;

/// <summary>A bitmap.</summary>
/// <param name="Name">Name of its file beside the Markdown, without extension.</param>
/// <param name="Caption">What it shows.</param>
/// <param name="Png">The PNG file.</param>
internal sealed record PngFigure(string Name, string Caption, byte[] Png) : IBlock;
