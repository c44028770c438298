namespace Arow.Tests.Unit.Errors;

public sealed class InputExceptionTests
{
    [Fact]
    public void What_a_file_says_is_quoted_in_one_line_that_steers_no_terminal() =>
        Assert.Equal($"a\\u000ab\\u000d\\u001b[31m\\ud800é😀{new string('x', 1967)}…",
            new InputException($"a\nb\r\u001b[31m\ud800é😀{new string('x', 5000)}").Message);

    [Theory]
    [InlineData("cat\u202egnp.png", @"cat\u202egnp.png")]
    [InlineData("c\u200bat", @"c\u200bat")]
    [InlineData("\ufeffcat\u2066", @"\ufeffcat\u2066")]
    [InlineData("cat\U000e0041", @"cat\U000e0041")]
    [InlineData("Käse 猫 😀", "Käse 猫 😀")]
    public void Letters_that_cannot_be_seen_or_turn_the_text_are_shown_as_escapes(string name, string shown) =>
        Assert.Equal($"{shown}: is damaged", new InputException($"{name}: is damaged").Message);

    [Fact]
    public void Each_of_many_faults_is_told_and_none_takes_the_place_of_the_others()
    {
        string[] faults = [.. Enumerable.Range(0, 25).Select(i => $"fault {i} {new string('y', 300)}")];
        Assert.Equal(string.Join("; ", faults), new InputException(string.Join("; ", faults)).Message);
        Assert.EndsWith("; the other", new InputException($"{new string('x', 1_000_000)}; the other").Message);
        Assert.InRange(new InputException(string.Concat(Enumerable.Repeat("; ", 500_000))).Message.Length, 1000, 100_001);
    }
}
