namespace Arow.Reports;

/// <summary>A part of a <see cref="Report"/>. Texts are plain: what renders them escapes them.</summary>
public interface IBlock;

/// <summary>A heading under the title.</summary>
/// <param name="Text">Plain text.</param>
public sealed record Heading(string Text) : IBlock;

/// <summary>Some sentences.</summary>
/// <param name="Text">Plain text.</param>
public sealed record Paragraph(string Text) : IBlock;

/// <summary>What nobody may overlook: a reason to trust the numbers less, or to read them otherwise.</summary>
/// <param name="Text">Plain text.</param>
public sealed record Stamp(string Text) : IBlock;

/// <summary>A table.</summary>
/// <param name="Columns">Its head.</param>
/// <param name="Rows">As many cells each as there are columns.</param>
/// <param name="Numbers">Whether all columns but the first hold numbers.</param>
public sealed record Table(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, bool Numbers = true) : IBlock;

/// <summary>A drawing.</summary>
/// <param name="Name">Of its file beside the Markdown, without ending.</param>
/// <param name="Caption">What it shows.</param>
/// <param name="Svg">The SVG element, which needs nothing from outside.</param>
public sealed record SvgFigure(string Name, string Caption, string Svg) : IBlock;

/// <summary>A picture.</summary>
/// <param name="Name">Of its file beside the Markdown, without ending.</param>
/// <param name="Caption">What it shows.</param>
/// <param name="Png">The file.</param>
public sealed record PngFigure(string Name, string Caption, byte[] Png) : IBlock;
