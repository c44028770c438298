namespace Arow.Reports;

/// <summary>A palette for colour-blind readers (Okabe and Ito 2008).</summary>
internal static class Palette
{
    public const string Ink = "#1c2530";
    public const string Faint = "#5b6875";
    public const string Rule = "#e2e6ea";

    private static readonly string[] Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

    public static int Count => Colours.Length;

    public static string GetColour(int series) => Colours[series % Colours.Length];
}
