using System.Net.Sockets;
using System.Security.Cryptography;
using static Arow.Faults.Files.LoopbackServer;

namespace Arow.Tests.Unit.Data;

public sealed class DownloadTests : IDisposable
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7 + i / 256))];

    private static readonly RemoteFile File1 = new(
        "data.gz", new Uri("http://official.invalid/data.gz"), Convert.ToHexStringLower(MD5.HashData(Content)), Content.Length);

    private readonly MadeFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Final => folder["data.gz"];

    private string Part => folder["data.gz.part"];

    private Task<bool> Bring(LoopbackServer server, Action<DownloadProgress>? progress = null) => Bring(server.Address, folder.Root, progress);

    private static async Task<bool> Bring(Uri address, string to, Action<DownloadProgress>? progress = null)
    {
        using var download = new Download(address);
        return await download.FetchAsync(File1, to, progress, TestContext.Current.CancellationToken);
    }

    private async Task<string> Fault(LoopbackServer server)
    {
        var fault = (await Assert.ThrowsAsync<DownloadException>(() => Bring(server))).Message;
        Assert.DoesNotContain('\n', fault);
        Assert.False(File.Exists(Final));
        return fault;
    }

    private void IsWhole()
    {
        Assert.Equal(Content, File.ReadAllBytes(Final));
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public async Task BringsAWholeFile()
    {
        using var server = new LoopbackServer((request, _) => Proper(Content, request));
        var steps = new List<DownloadProgress>();
        Assert.True(await Bring(server, steps.Add));
        IsWhole();
        Assert.StartsWith("GET /files/data.gz HTTP/1.1", Assert.Single(server.Requests));
        Assert.Equal(steps.Select(s => s.Done).Order(), steps.Select(s => s.Done));
        Assert.Equal(100, steps[^1].Percent);
        Assert.All(steps, step => Assert.True(step.BytesPerSecond > 0));
    }

    [Fact]
    public async Task MakesTheFolder()
    {
        using var server = new LoopbackServer((request, _) => Proper(Content, request));
        await Bring(server.Address, folder["new/deep"]);
        Assert.Equal(Content, File.ReadAllBytes(folder["new/deep/data.gz"]));
    }

    [Fact]
    public async Task GoesOnWhereItBrokeOff()
    {
        folder.Write("data.gz.part", Content[..1000]);
        using var server = new LoopbackServer((request, _) => Proper(Content, request));
        Assert.True(await Bring(server));
        IsWhole();
        Assert.Equal(1000, RangeOf(Assert.Single(server.Requests)));
    }

    [Fact]
    public async Task BeginsAgainWhereTheServerCannotGoOn()
    {
        folder.Write("data.gz.part", Content[..1000]);
        using var server = new LoopbackServer((_, _) => Answer("200 OK", Content));
        Assert.True(await Bring(server));
        IsWhole();
    }

    [Fact]
    public async Task BeginsAgainWhereThePartWasOfAnotherFile()
    {
        folder.Write("data.gz.part", new byte[1000]);
        using var server = new LoopbackServer((request, _) => Proper(Content, request));
        Assert.True(await Bring(server));
        IsWhole();
        Assert.Equal([1000, 0], server.Requests.Select(RangeOf));
    }

    [Fact]
    public async Task AWholePartNeedsNoServer()
    {
        folder.Write("data.gz.part", Content);
        using var server = new LoopbackServer((_, _) => []);
        Assert.True(await Bring(server));
        IsWhole();
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task ACutConnectionIsTakenUpAgain()
    {
        using var server = new LoopbackServer((request, number) => number > 0 ? Proper(Content, request)
            : Answer("200 OK", Content[..200_000], length: Content.Length));
        Assert.True(await Bring(server));
        IsWhole();
        Assert.Equal([0, 200_000], server.Requests.Select(RangeOf));
    }

    [Fact]
    public async Task WhatArrivedBeforeACutIsKept()
    {
        using (var server = new LoopbackServer((_, number) => number > 0 ? [] : Answer("200 OK", Content[..200_000], length: Content.Length)))
            Assert.Contains("200000 of 300000 bytes are kept", await Fault(server));
        Assert.Equal(Content[..200_000], File.ReadAllBytes(Part));
        using var better = new LoopbackServer((request, _) => Proper(Content, request));
        Assert.True(await Bring(better));
        IsWhole();
    }

    [Fact]
    public async Task AnAnswerWithoutLengthThatEndsEarlyIsCut()
    {
        using var server = new LoopbackServer((request, number) => number > 0 ? Proper(Content, request)
            : [.. "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"u8, .. Content[..5000]]);
        Assert.True(await Bring(server));
        IsWhole();
    }

    [Fact]
    public async Task AWrongChecksumKeepsNothing()
    {
        var other = Content.ToArray();
        other[12345] ^= 1;
        using var server = new LoopbackServer((request, _) => Proper(other, request));
        Assert.Contains($"has checksum {Convert.ToHexStringLower(MD5.HashData(other))}, not the official {File1.Md5}", await Fault(server));
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public async Task AShorterFileIsAnotherFile()
    {
        using var server = new LoopbackServer((_, _) => Answer("200 OK", Content[..200_000]));
        Assert.Contains("has checksum", await Fault(server));
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public async Task ALongerFileIsNotRead()
    {
        using var server = new LoopbackServer((_, _) => Answer("200 OK", [.. Content, .. Content]));
        Assert.Contains("has checksum", await Fault(server));
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public async Task NotFoundIsSaid()
    {
        using var server = new LoopbackServer((_, _) => Answer("404 Not Found", "<html>sorry</html>"u8.ToArray()));
        Assert.Equal($"{server.Address}/data.gz: the server answers 404 Not Found", await Fault(server));
        Assert.False(File.Exists(Part));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task NoServerIsSaid()
    {
        using var server = new LoopbackServer((_, _) => []);
        var address = server.Address;
        server.Dispose();
        var fault = await Assert.ThrowsAsync<DownloadException>(() => Bring(address, folder.Root));
        Assert.Equal($"{address}/data.gz: the server refuses connections", fault.Message);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public async Task TwoAtATimeDoNotWriteOnePart()
    {
        using var server = new LoopbackServer((request, _) => Proper(Content, request));
        using (FolderLock.AcquireFor(Final))
        {
            var fault = await Assert.ThrowsAsync<InputException>(() => Bring(server));
            Assert.Equal($"{Final}: is being written by another process", fault.Message);
        }
        Assert.True(await Bring(server));
        IsWhole();
        Assert.Equal(["data.gz"], Directory.GetFiles(folder.Root).Select(Path.GetFileName));
    }

    [Fact]
    public void WhatTheNetworkReportsIsSaidInOurWords()
    {
        foreach (var error in Enum.GetValues<SocketError>()) Ours(new HttpRequestException("System.Net: x (y:1)", new SocketException((int)error)));
        foreach (var error in Enum.GetValues<HttpRequestError>()) Ours(new HttpIOException(error, "System.Net"));
        Ours(new HttpRequestException("The SSL connection could not be established",
            new System.Security.Authentication.AuthenticationException("The remote certificate is invalid")));
        Ours(new IOException("Unable to read data from the transport connection"));

        static void Ours(Exception fault) => Assert.Matches("^[a-z:', ]*(HTTP)?$", NetworkError.Describe(fault));
    }

    [Fact]
    public async Task AnUnwritableDiskIsSaid()
    {
        folder.Write("taken", [1]);
        using var server = new LoopbackServer((request, _) => Proper(Content, request));
        var fault = await Assert.ThrowsAsync<DownloadException>(() => Bring(server.Address, folder["taken"]));
        Assert.StartsWith($"{folder["taken/data.gz.part"]}: cannot be written", fault.Message);
    }

    [Fact]
    public async Task TheOfficialFileIsNotFetchedAgainAndAnotherOneIsLeftAlone()
    {
        using var server = new LoopbackServer((_, _) => []);
        folder.Write("data.gz", Content);
        Assert.False(await Bring(server));
        folder.Write("data.gz", [1, 2, 3]);
        Assert.StartsWith($"{Final}: exists and is not the official file", (await Assert.ThrowsAsync<InputException>(() => Bring(server))).Message);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(Final));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public void FilesAreCheckedAgainstTheOfficialOnes()
    {
        var mnist = Catalog.DataSets["mnist"];
        folder.WriteIdx();
        File.Delete(folder["t10k-labels-idx1-ubyte.gz"]);
        var checks = FileCheck.CheckAll(mnist, folder.Root);
        Assert.All(checks, check => Assert.False(check.IsOfficial));
        Assert.Equal(new long?[] { 1, 1, 1, null }, checks.Select(check => check.Bytes is null ? (long?)null : 1));
        Assert.True((checks[0] with { Md5 = mnist.Files[0].Md5 }).IsOfficial);
    }

    [Fact]
    public void EveryPublishedFileHasAnAddressAChecksumAndASize()
    {
        var files = Catalog.DataSets.Values.SelectMany(set => set.Files).ToArray();
        Assert.Equal(16, files.Length);
        Assert.All(files, file =>
        {
            Assert.Matches("^[0-9a-f]{32}$", file.Md5);
            Assert.EndsWith("/" + file.Name, file.Address.AbsolutePath);
            Assert.True(file.Bytes > 4000);
        });
        Assert.Equal(16, files.Select(file => file.Md5).Distinct().Count());
    }
}
