namespace Arow.Cli;

/// <summary>Prints a report's table on standard output.</summary>
internal static class ReportTable
{
    /// <param name="shown">The table.</param>
    /// <param name="expendable">Heads of columns that a narrow terminal leaves out, the first one first; those that the table lacks do not count.</param>
    public static void Print(Reports.Table shown, params IEnumerable<string> expendable) =>
        FittedTable.Write(shown.Columns, shown.Rows, [.. expendable.Where(shown.Columns.Contains)]);
}
