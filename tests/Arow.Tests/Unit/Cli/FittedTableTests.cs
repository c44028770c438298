using Arow.Cli;

namespace Arow.Tests.Unit.Cli;

public sealed class FittedTableTests
{
    private static readonly string[] Columns = ["attack", "accuracy", "seconds"];

    private static readonly string[][] Rows = [["fgsm", "12.00 %", "1"], ["a-long-name", "", ""]];

    /// <summary>Cells of 11, 8 and 7 characters, three more for each, and one border: 36.</summary>
    [Theory]
    [InlineData(36, "0 1 2")]
    [InlineData(35, "0 1")]
    [InlineData(26, "0 1")]
    [InlineData(25, "0")]
    [InlineData(1, "0")]
    public void Columns_that_do_not_fit_are_left_out_the_least_important_first(int width, string shown) =>
        Assert.Equal(shown, string.Join(' ', FittedTable.Choose(Columns, Rows, ["seconds", "accuracy"], width)));
}
