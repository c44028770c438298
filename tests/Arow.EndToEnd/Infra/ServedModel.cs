using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Arow.EndToEnd.Infra;

/// <summary><c>arow serve</c> under way on a free port.</summary>
internal sealed class ServedModel : IDisposable
{
    public ServedModel(Program arow, params string[] arguments)
    {
        Process = arow.Start(["serve", .. arguments, "--port", "0"]);
        var line = Process.StandardOutput.ReadLine();
        if (line is null) Assert.Fail(Process.StandardError.ReadToEnd());
        Client = new HttpClient { BaseAddress = new Uri(Regex.Match(line, @"http://\S+(?=;)").Value + "/"), Timeout = TimeSpan.FromMinutes(1) };
    }

    public Process Process { get; }

    public HttpClient Client { get; }

    public async Task<(int Status, JsonElement Answer)> Post(string path, HttpContent content)
    {
        using var response = await Client.PostAsync(path, content, TestContext.Current.CancellationToken);
        Assert.Equal("application/json; charset=utf-8", $"{response.Content.Headers.ContentType}");
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, JsonDocument.Parse(text).RootElement);
    }

    public Task<(int Status, JsonElement Answer)> Post(string path, byte[] picture) => Post(path, new ByteArrayContent(picture));

    public void Dispose()
    {
        Client.Dispose();
        if (!Process.HasExited) Process.Kill();
        Process.Dispose();
    }
}
