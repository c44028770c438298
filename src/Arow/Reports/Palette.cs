namespace Arow.Reports;

/// <summary>
/// A palette for colour-blind readers (Okabe and Ito 2008). Drawings have the light colours; on a page in the dark the
/// style sheet exchanges each for its counterpart.
/// </summary>
internal static class Palette
{
    public const string Paper = "#ffffff";
    public const string Ink = "#1c2530";
    public const string Faint = "#5b6875";
    public const string Rule = "#e2e6ea";
    public const string Wrong = "#c2410c";

    private static readonly (string Light, string Dark)[] Colours =
    [
        ("#0072b2", "#4ba3db"), ("#d55e00", "#f08a4b"), ("#009e73", "#33c79e"), ("#cc79a7", "#dd9cc1"), ("#e69f00", "#f0b840"),
        ("#56b4e9", "#8accf2"),
    ];

    public static int Count => Colours.Length;

    /// <summary>All colours of drawings with their counterparts in the dark.</summary>
    public static IEnumerable<(string Light, string Dark)> Pairs =>
        [(Paper, "#14181d"), (Ink, "#e6eaee"), (Faint, "#9aa7b4"), (Rule, "#2f3842"), .. Colours];

    public static string GetColour(int series) => Colours[series % Colours.Length].Light;
}
