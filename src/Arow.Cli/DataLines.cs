using Arow.Data;

namespace Arow.Cli;

/// <summary>What is in the images, as it is printed: on a terminal in lines of its width, elsewhere a fact a line.</summary>
internal static class DataLines
{
    private const int Fewest = 30;

    /// <summary>The lines, each with the beginning.</summary>
    /// <param name="found">What was found.</param>
    /// <param name="whole">With every class.</param>
    /// <param name="beginning">Of each line: "data: ".</param>
    /// <param name="redirected">Whether they go somewhere else than to a terminal.</param>
    public static IEnumerable<string> Of(DataInspection found, bool whole, string beginning, bool redirected) =>
        InspectionLines.Of(found, whole, redirected ? null : Math.Max(Fewest, ProgressLine.Columns - beginning.Length - 1)).Select(line => beginning + line);
}
