using Arow.Cli;

namespace Arow.Tests.Unit.Cli;

public sealed class OpenSslTests
{
    [Fact]
    public void A_missing_library_is_one_sentence_that_says_what_to_install() =>
        Assert.Matches("^OpenSSL is missing, [^.]*libssl3[^.]*$", OpenSsl.DescribeMissing(_ => false));

    [Theory]
    [InlineData("libssl.so.3")]
    [InlineData("libssl.so.1.1")]
    public void Each_version_that_NET_takes_will_do(string present) => Assert.Null(OpenSsl.DescribeMissing(name => name == present));

    [Fact]
    public void It_is_found_here() => Assert.Null(OpenSsl.DescribeMissing());
}
