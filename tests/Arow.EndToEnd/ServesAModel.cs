using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Arow.EndToEnd;

/// <summary><c>arow serve</c>, asked over HTTP.</summary>
public sealed class ServesAModel(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private Program Arow => trained.Arow;

    [Fact]
    public async Task Pictures_are_classified_as_predict_does_and_attacked()
    {
        using var served = new ServedModel(Arow, "run", "--top", "4", "--threads", "1");
        var picture = await served.Client.GetByteArrayAsync("samples/3", TestContext.Current.CancellationToken);
        File.WriteAllBytes(Arow.File("sample.png"), picture);
        var predicted = Arow.Run("predict", "run", "sample.png", "--json", "--top", "4", "--threads", "1").AssertDone().Json;

        using var form = new MultipartFormDataContent { { new ByteArrayContent(picture), "picture", "sample.png" } };
        var (status, answer) = await served.Post("predict", form);
        Assert.Equal((200, $"{predicted}"), (status, $"{answer}"));

        foreach (var (attack, norm, epsilon) in new[] { ("fgsm", "linf", 0.05), ("pgd20", "l2", 1), ("apgd-ce", "linf", 0.1), ("square", "linf", 0.3) })
        {
            (status, answer) = await served.Post(FormattableString.Invariant($"attack?attack={attack}&norm={norm}&epsilon={epsilon}"), picture);
            Assert.True(status == 200, $"{answer}");
            foreach (var field in predicted.EnumerateObject().Where(f => f.Name != "path")) Assert.Equal($"{field.Value}", $"{answer.GetProperty(field.Name)}");
            var (made, attacked) = (answer.GetProperty("withstands"), answer.GetProperty("attacked"));
            Assert.Equal((attack, norm, epsilon), (made.GetProperty("attack").GetString(), made.GetProperty("norm").GetString(),
                made.GetProperty("epsilon").GetDouble()));
            Assert.InRange(answer.GetProperty("distance").GetDouble(), 0, epsilon * (1 + 1e-4));
            var turned = attacked.GetProperty("index").GetInt32() != answer.GetProperty("index").GetInt32();
            Assert.Equal(turned ? attacked.GetProperty("class").GetString() : null, made.GetProperty("found").GetString());
            Assert.Equal(4, attacked.GetProperty("top").GetArrayLength());
            foreach (var image in answer.GetProperty("images").EnumerateObject())
                Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], Convert.FromBase64String(image.Value.GetString()!.Split(',')[1])[..4]);
            // Twice the same: no answer depends on those before.
            Assert.Equal($"{answer}", $"{(await served.Post(FormattableString.Invariant($"attack?attack={attack}&norm={norm}&epsilon={epsilon}"), picture)).Answer}");
        }
        // Within a half of the range of pixels a network that was trained for seconds errs.
        Assert.NotNull((await served.Post("attack?attack=pgd20&norm=linf&epsilon=0.5", picture)).Answer.GetProperty("withstands").GetProperty("found")
            .GetString());

        using var model = JsonDocument.Parse(await served.Client.GetStringAsync("model", TestContext.Current.CancellationToken));
        // The threat model of training is the first choice; the size of one norm would be none of another.
        Assert.Equal(("linf", """{"linf":"0.05","l2":"0.5","l1":"12"}"""), (model.RootElement.GetProperty("norm").GetString(),
            $"{model.RootElement.GetProperty("epsilons")}"));
    }

    [Fact]
    public async Task Bad_requests_are_one_sentence_without_a_path_of_the_machine()
    {
        using var served = new ServedModel(Arow, "run", "--threads", "1");
        var good = await served.Client.GetByteArrayAsync("samples/0", TestContext.Current.CancellationToken);
        await Refused(400, "damaged", "predict", good[..(good.Length / 2)]);
        await Refused(400, "no picture", "predict", "GIF, or so it says"u8.ToArray());
        await Refused(400, "no picture", "attack", []);
        await Refused(413, "10 MiB", "predict", new byte[(10 << 20) + 1]);
        await Refused(400, "fgsm, pgd20, apgd-ce, square", "attack?attack=hopskipjump", good);
        await Refused(400, "linf, l2, l1", "attack?norm=l7", good);
        await Refused(400, "no number", "attack?epsilon=%3Cb%3E", good);
        await Refused(400, "epsilon", "attack?epsilon=8", good);
        await Refused(400, "epsilon", "attack?epsilon=-1", good);
        await Refused(405, "POST", "model", good, "GET only");
        await Refused(404, "/predict", "../../etc/passwd", good);

        using (var two = new MultipartFormDataContent { { new ByteArrayContent(good), "a", "a.png" }, { new ByteArrayContent(good), "b", "b.png" } })
            AssertRefusal(400, "2 files", await served.Post("predict", two));
        using (var broken = new ByteArrayContent("--x\r\nContent-Disposition: form-data; name=a; filename=a\r\n\r\nhalf"u8.ToArray()))
        {
            broken.Headers.Add("Content-Type", "multipart/form-data; boundary=x");
            AssertRefusal(400, "malformed or cut off", await served.Post("predict", broken));
        }

        // Pages of other sites, by themselves or under a name that leads here.
        var here = served.Client.BaseAddress!.Authority;
        foreach (var (status, headers) in new[]
        {
            (403, $"Host: {here}\r\nOrigin: http://elsewhere.example"), (403, $"Host: {here}\r\nOrigin: null"), (403, "Host: elsewhere.example"),
            (403, $"Host: {here}\r\nOrigin: http://{here}\r\nOrigin: http://elsewhere.example"),
            (200, $"Host: {here}\r\nOrigin: http://{here}"), (200, "Host: LocalHost"),
        })
        {
            using var client = Connect(served, $"GET /model HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n");
            var answer = await ReadToEnd(client);
            Assert.True(answer.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal), $"{headers}: {answer}");
        }
        // All that was asked was answered: it is still there.
        Assert.Equal(200, (await served.Post("predict", good)).Status);

        async Task Refused(int status, string word, string path, byte[] body, string? other = null) =>
            AssertRefusal(status, other ?? word, await served.Post(path, body));

        void AssertRefusal(int status, string word, (int Status, JsonElement Answer) given)
        {
            Assert.True(given.Status == status, $"{given}");
            var error = Assert.Single(given.Answer.EnumerateObject()).Value.GetString()!;
            Assert.Contains(word, error);
            Assert.DoesNotContain("\n", error);
            Assert.DoesNotContain(Arow.Folder, error);
            Assert.DoesNotContain("   at ", error);
        }
    }

    [Fact]
    public async Task Work_is_bounded_in_time_and_number()
    {
        using var served = new ServedModel(Arow, "run", "--threads", "1", "--time-limit", "0.3");
        var picture = await served.Client.GetByteArrayAsync("samples/1", TestContext.Current.CancellationToken);
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => served.Post("attack?attack=square&epsilon=0", picture)));
        Assert.All(answers, a => Assert.Contains(a.Status, (int[])[200, 429, 503]));
        Assert.Contains(answers, a => a.Status == 429 && a.Answer.GetProperty("error").GetString() == "too many pictures at once; try again in a second");
        Assert.Equal(200, (await served.Post("predict", picture)).Status);

        using var hasty = new ServedModel(Arow, "run", "--threads", "1", "--time-limit", "0.001");
        var (status, answer) = await hasty.Post("attack?attack=apgd-ce", picture);
        Assert.Equal((503, "the attack took more than 0.001 seconds, the limit; choose a quicker one"), (status, answer.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task Whoever_asks_nothing_or_sends_slowly_is_let_go()
    {
        using var served = new ServedModel(Arow, "run", "--threads", "1");
        using var silent = Connect(served, "");
        using var slow = Connect(served, "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nslowly");
        var (asked, sent) = (ReadToEnd(silent), ReadToEnd(slow));
        Assert.Equal("", await asked);
        Assert.Matches("^HTTP/1.1 408 [^{]*{\"error\":\"the picture arrived too slowly\"}$", await sent);
    }

    [Fact]
    public async Task Files_may_be_asked_for_without_their_content()
    {
        using var served = new ServedModel(Arow, "run", "--threads", "1");
        foreach (var file in (string[])["", "page.css", "page.js", "model", "samples/0"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, file);
            using var response = await served.Client.SendAsync(request, TestContext.Current.CancellationToken);
            var body = await served.Client.GetByteArrayAsync(file, TestContext.Current.CancellationToken);
            Assert.Equal((HttpStatusCode.OK, body.LongLength), (response.StatusCode, response.Content.Headers.ContentLength));
        }
    }

    [Theory, InlineData("INT", 130), InlineData("TERM", 143)]
    public async Task A_signal_ends_it_at_once(string signal, int code)
    {
        using var served = new ServedModel(Arow, "run", "--threads", "1");
        var picture = await served.Client.GetByteArrayAsync("samples/1", TestContext.Current.CancellationToken);
        Assert.Equal(200, (await served.Post("predict", picture)).Status);
        // In the midst of attacks: they are ended, and nobody is told of a fault.
        var attacks = Enumerable.Range(0, 8).Select(_ => served.Client.PostAsync("attack?attack=apgd-ce&epsilon=0.01", new ByteArrayContent(picture),
            TestContext.Current.CancellationToken)).ToList();
        await Task.WhenAny(attacks);
        Program.Send(signal, served.Process);
        await Task.WhenAll(attacks).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.True(served.Process.WaitForExit(10_000));
        // The acknowledgement of the signal, and nothing else.
        Assert.Equal((code, "arow: stopping ... (again: at once)\n"),
            (served.Process.ExitCode, await served.Process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void What_cannot_be_listened_on_is_refused_in_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = $"{((IPEndPoint)taken.LocalEndpoint).Port}";
        Arow.Run("serve", "run", "--port", port).AssertRefused($"--port {port}: is in use");
        // An address for documentation, which no machine has.
        Arow.Run("serve", "run", "--host", "192.0.2.1", "--port", "0").AssertRefused("--host 192.0.2.1: is no address of this machine");
        Arow.Run("serve", "gone", "--port", "70000", "--host", "here", "--time-limit", "0", "--top", "0")
            .AssertRefused("gone: no such run folder or file", "--port", "--host here", "--time-limit", "--top");
    }

    [Fact]
    public async Task Other_machines_are_let_in_with_a_warning()
    {
        using var served = new ServedModel(Arow, "run", "--threads", "1", "--host", "0.0.0.0", "--class-names", "a,b,c,d,e,f,g,h,i,j");
        served.Client.Dispose();
        using var client = new HttpClient();
        var port = new Uri(served.Client.BaseAddress!.AbsoluteUri).Port;
        var model = await client.GetStringAsync($"http://127.0.0.1:{port}/model", TestContext.Current.CancellationToken);
        Assert.Contains("\"classes\":[\"a\",\"b\"", model);
        served.Process.Kill();
        Assert.Contains("warning: --host 0.0.0.0 lets every machine", await served.Process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Nothing on the page is fetched from elsewhere, and no script or style stands in it.</summary>
    [Fact]
    public async Task The_page_needs_nothing_else()
    {
        using var served = new ServedModel(Arow, "run", "--threads", "1");
        foreach (var file in (string[])["", "page.css", "page.js"])
        {
            using var response = await served.Client.GetAsync(file, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'", $"{response.Headers.GetValues("Content-Security-Policy").Single()}");
            Assert.DoesNotContain("//", Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken))
                .Replace("  // ", "", StringComparison.Ordinal));
        }
    }

    private static TcpClient Connect(ServedModel served, string request)
    {
        var client = new TcpClient(served.Client.BaseAddress!.Host, served.Client.BaseAddress.Port) { ReceiveTimeout = 30_000 };
        client.GetStream().Write(Encoding.ASCII.GetBytes(request));
        return client;
    }

    private static Task<string> ReadToEnd(TcpClient client) => Task.Run(() =>
    {
        using var reader = new StreamReader(client.GetStream());
        return reader.ReadToEnd();
    });
}
