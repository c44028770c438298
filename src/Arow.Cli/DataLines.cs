using Arow.Data;

namespace Arow.Cli;

/// <summary>Formats an inspection of images: wrapped to the width of a terminal, elsewhere one fact a line.</summary>
internal static class DataLines
{
    private const int MinimumWidth = 30;

    /// <summary>Reports the findings.</summary>
    public static void Report(DataInspection found, string prefix = "data: ")
    {
        foreach (var line in Format(found, detailed: false, prefix, redirected: !Messages.IsTerminal)) Messages.Note(line, wrap: false);
    }

    /// <summary>Returns the lines, each with the prefix.</summary>
    /// <param name="found">The inspection.</param>
    /// <param name="detailed">Whether every class is listed.</param>
    /// <param name="prefix">The prefix of each line, such as "data: ".</param>
    /// <param name="redirected">Whether the output is not a terminal.</param>
    public static IEnumerable<string> Format(DataInspection found, bool detailed, string prefix, bool redirected) =>
        InspectionReport.Format(found, detailed, redirected ? null : Math.Max(MinimumWidth, ProgressLine.Columns - prefix.Length - 1))
            .Select(line => prefix + line);
}
