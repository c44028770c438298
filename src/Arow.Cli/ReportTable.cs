using Spectre.Console;

namespace Arow.Cli;

/// <summary>Prints a report's table on standard output.</summary>
internal static class ReportTable
{
    public static void Print(Reports.Table shown)
    {
        var table = new Table().RoundedBorder().AddColumns([.. shown.Columns.Select(Cell)]);
        foreach (var row in shown.Rows) table.AddRow([.. row.Select(Cell)]);
        AnsiConsole.Write(table);
    }

    private static string Cell(string text) => Markup.Escape(Printable.Escape(text));
}
