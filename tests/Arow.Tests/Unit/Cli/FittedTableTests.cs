using Arow.Cli;

namespace Arow.Tests.Unit.Cli;

public sealed class FittedTableTests
{
    private static readonly string[] Columns = ["attack", "accuracy", "seconds"];

    private static readonly string[][] Rows = [["fgsm", "12.00 %", "1"], ["a-long-name", "", ""]];

    [Theory]
    [InlineData("method|setting|tried|seeds|clean|clean, balanced|PGD-20|PGD-20, balanced", "method clean PGD-20")]
    [InlineData("ARoW minus …|robust|95 %, seeds|p|p, level ±0.5|P(ahead)", "ARoW minus … robust 95 %, seeds p")]
    public void A_study_keeps_its_methods_and_their_accuracies(string heads, string kept)
    {
        string[] all = heads.Split('|');
        var expendable = CompareCommand.FindExpendable(all).Where(all.Contains).ToList();
        Assert.Equal(kept, string.Join(' ', FittedTable.Choose(all, [], expendable, 1).Select(i => all[i])));
    }

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
