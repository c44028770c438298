namespace Arow.EndToEnd;

public sealed class Help
{
    [Fact]
    public void Is_there() => Assert.True(true);
}
