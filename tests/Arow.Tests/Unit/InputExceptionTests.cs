namespace Arow.Tests.Unit;

public sealed class InputExceptionTests
{
    [Fact]
    public void What_a_file_says_is_quoted_in_one_line_that_steers_no_terminal() =>
        Assert.Equal($"a?b??[31m?é😀{new string('x', 1987)}…", new InputException($"a\nb\r\u001b[31m\ud800é😀{new string('x', 5000)}").Message);

    [Fact]
    public void Each_of_many_faults_is_told_and_none_takes_the_place_of_the_others()
    {
        string[] faults = [.. Enumerable.Range(0, 25).Select(i => $"fault {i} {new string('y', 300)}")];
        Assert.Equal(string.Join("; ", faults), new InputException(string.Join("; ", faults)).Message);
        Assert.EndsWith("; the other", new InputException($"{new string('x', 1_000_000)}; the other").Message);
        Assert.InRange(new InputException(string.Concat(Enumerable.Repeat("; ", 500_000))).Message.Length, 1000, 100_001);
    }
}
