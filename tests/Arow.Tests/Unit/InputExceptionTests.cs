namespace Arow.Tests.Unit;

public sealed class InputExceptionTests
{
    [Fact]
    public void What_a_file_says_is_quoted_in_one_line_that_steers_no_terminal() =>
        Assert.Equal($"a?b??[31m?é😀{new string('x', 1987)}…", new InputException($"a\nb\r\u001b[31m\ud800é😀{new string('x', 5000)}").Message);
}
