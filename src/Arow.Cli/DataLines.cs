using Arow.Data;

namespace Arow.Cli;

/// <summary>What is in the images, as it is printed: on a terminal in lines of its width, elsewhere a fact a line.</summary>
internal static class DataLines
{
    private const int MinimumWidth = 30;

    /// <summary>The lines, each with the beginning.</summary>
    /// <param name="found">What was found.</param>
    /// <param name="detailed">With every class.</param>
    /// <param name="prefix">Of each line: "data: ".</param>
    /// <param name="redirected">Whether they go somewhere else than to a terminal.</param>
    public static IEnumerable<string> Format(DataInspection found, bool detailed, string prefix, bool redirected) =>
        InspectionReport.Format(found, detailed, redirected ? null : Math.Max(MinimumWidth, ProgressLine.Columns - prefix.Length - 1))
            .Select(line => prefix + line);
}
