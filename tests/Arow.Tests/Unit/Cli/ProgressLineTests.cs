using Arow.Cli;

namespace Arow.Tests.Unit.Cli;

public sealed class ProgressLineTests
{
    /// <summary>The last column stays free: some terminals wrap as soon as it is written. A terminal of unknown width says 0.</summary>
    [Theory]
    [InlineData("0123456789", 80, "0123456789")]
    [InlineData("0123456789", 11, "0123456789")]
    [InlineData("0123456789", 10, "012345678")]
    [InlineData("0123456789", 4, "012")]
    [InlineData("0123456789", 0, "0123456789")]
    public void A_line_fits_into_its_row(string line, int columns, string shown) => Assert.Equal(shown, ProgressLine.Truncate(line, columns));
}
