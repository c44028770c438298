using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Arow.EndToEnd.Infra;

/// <summary>A headless Chromium, driven through its DevTools protocol: one page, real mouse and file events.</summary>
internal sealed class Browser : IDisposable
{
    private readonly ClientWebSocket socket = new();
    private readonly Process process;
    private readonly string profile = Directory.CreateTempSubdirectory("arow-chromium-").FullName;
    private int messages;

    private Browser(string executable)
    {
        var start = new ProcessStartInfo(executable) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--force-device-scale-factor=1", "--remote-debugging-port=0", $"--user-data-dir={profile}", "about:blank"])
            start.ArgumentList.Add(argument);
        process = Process.Start(start)!;
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What the page reported: exceptions, errors on the console, blocked requests.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Addresses that the page asked for.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Starts it, or skips the test where there is none.</summary>
    public static async Task<Browser> Start()
    {
        var executable = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(executable is null, "there is no Chromium on this machine: the page was not tried in a browser");
        var browser = new Browser(executable!);
        try
        {
            await browser.Connect();
            return browser;
        }
        catch
        {
            browser.Dispose();
            throw;
        }
    }

    public async Task Open(string url, int width, int height, bool dark)
    {
        await Show(width, height, dark);
        await Call("Page.navigate", new() { ["url"] = url });
        await Until("document.readyState === 'complete'");
    }

    /// <summary>Gives the page that is open another window and other colours, or shows it as printed on paper so wide.</summary>
    public async Task Show(int width, int height, bool dark, bool printed = false)
    {
        await Call("Emulation.setDeviceMetricsOverride",
            new() { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = width < 600 });
        await Call("Emulation.setEmulatedMedia", new()
        {
            ["media"] = printed ? "print" : "",
            ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" }),
        });
    }

    /// <summary>The value of an expression of JavaScript.</summary>
    public async Task<JsonNode?> Evaluate(string expression)
    {
        var result = await Call("Runtime.evaluate", new() { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        Assert.True(result["exceptionDetails"] is null, $"{expression}: {result["exceptionDetails"]}");
        return result["result"]!["value"];
    }

    /// <summary>Waits until an expression is true.</summary>
    public async Task Until(string expression)
    {
        for (var clock = Stopwatch.StartNew(); !(await Evaluate($"!!({expression})"))!.GetValue<bool>(); await Task.Delay(30, Cancellation))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30),
                $"never true: {expression}\n{await Evaluate("document.body.innerText")}\n{string.Join('\n', Complaints)}");
        }
    }

    /// <summary>Clicks in the middle of an element, which must be what lies there.</summary>
    public async Task Click(string selector)
    {
        var (x, y) = await FindCentre(selector);
        foreach (var type in (string[])["mousePressed", "mouseReleased"])
            await Call("Input.dispatchMouseEvent", new() { ["type"] = type, ["x"] = x, ["y"] = y, ["button"] = "left", ["clickCount"] = 1 });
    }

    /// <summary>Drops a file on an element.</summary>
    public async Task Drop(string selector, string file)
    {
        var (x, y) = await FindCentre(selector);
        foreach (var type in (string[])["dragEnter", "dragOver", "drop"])
        {
            await Call("Input.dispatchDragEvent", new()
            {
                ["type"] = type, ["x"] = x, ["y"] = y,
                ["data"] = new JsonObject { ["items"] = new JsonArray(), ["files"] = new JsonArray(file), ["dragOperationsMask"] = 1 },
            });
        }
    }

    /// <summary>Chooses a file as the dialog of the browser does.</summary>
    public async Task Choose(string selector, string file)
    {
        var document = await Call("DOM.getDocument", []);
        var node = await Call("DOM.querySelector", new() { ["nodeId"] = document["root"]!["nodeId"]!.GetValue<int>(), ["selector"] = selector });
        await Call("DOM.setFileInputFiles", new() { ["files"] = new JsonArray(file), ["nodeId"] = node["nodeId"]!.GetValue<int>() });
    }

    /// <summary>Types text in place of what an element holds, and presses Enter.</summary>
    public async Task Type(string selector, string text)
    {
        await Click(selector);
        await Evaluate($"document.querySelector('{selector}').select()");
        await Call("Input.insertText", new() { ["text"] = text });
        foreach (var type in (string[])["keyDown", "keyUp"])
        {
            await Call("Input.dispatchKeyEvent", new()
            {
                ["type"] = type, ["key"] = "Enter", ["code"] = "Enter", ["text"] = type == "keyDown" ? "\r" : "", ["windowsVirtualKeyCode"] = 13,
            });
        }
    }

    /// <summary>The whole page as a picture, kept where AROW_SCREENSHOTS names a folder.</summary>
    public async Task Photograph(string name)
    {
        if (Environment.GetEnvironmentVariable("AROW_SCREENSHOTS") is not { } folder) return;
        var shot = await Call("Page.captureScreenshot", new() { ["captureBeyondViewport"] = true });
        await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}.png"), Convert.FromBase64String(shot["data"]!.GetValue<string>()), Cancellation);
    }

    /// <summary>The accessible name and role of every control, as assistive programs are told them.</summary>
    public async Task<List<(string Role, string Name)>> ReadAccessibleNames()
    {
        // Kept up to date while it is enabled, which takes more than the page itself.
        await Call("Accessibility.enable", []);
        var tree = await Call("Accessibility.getFullAXTree", []);
        await Call("Accessibility.disable", []);
        return [.. tree["nodes"]!.AsArray().Where(n => n!["ignored"]?.GetValue<bool>() == false)
            .Select(n => (n!["role"]?["value"]?.ToString() ?? "", n["name"]?["value"]?.ToString() ?? ""))];
    }

    public void Dispose()
    {
        socket.Dispose();
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
        try
        {
            Directory.Delete(profile, recursive: true);
        }
        catch (IOException)
        {
            // A child of the browser is still writing: the folder is a temporary one.
        }
    }

    private async Task Connect()
    {
        Uri? endpoint = null;
        while (endpoint is null && await process.StandardError.ReadLineAsync(Cancellation) is { } line)
            if (line.StartsWith("DevTools listening on ", StringComparison.Ordinal)) endpoint = new Uri(line["DevTools listening on ".Length..]);
        Assert.SkipWhen(endpoint is null, "Chromium does not start on this machine: the page was not tried in a browser");
        // What it goes on to say must not fill the pipe.
        _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var client = new HttpClient();
        var targets = JsonNode.Parse(await client.GetStringAsync($"http://{endpoint!.Authority}/json/list", Cancellation))!.AsArray();
        await socket.ConnectAsync(new Uri(targets.First(t => $"{t!["type"]}" == "page")!["webSocketDebuggerUrl"]!.GetValue<string>()), Cancellation);
        foreach (var domain in (string[])["Page", "Runtime", "DOM", "Log", "Network"]) await Call($"{domain}.enable", []);
    }

    private async Task<(double X, double Y)> FindCentre(string selector)
    {
        var centre = await Evaluate($$"""
            (() => {
              const element = document.querySelector('{{selector}}');
              element.scrollIntoView({ block: 'center' });
              const box = element.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
              const top = document.elementFromPoint(x, y);
              return { x, y, hit: element.contains(top) || top?.contains(element) };
            })()
            """);
        Assert.True(centre!["hit"]!.GetValue<bool>(), $"{selector} lies under something else");
        return (centre["x"]!.GetValue<double>(), centre["y"]!.GetValue<double>());
    }

    private async Task<JsonObject> Call(string method, JsonObject parameters)
    {
        var id = ++messages;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, Cancellation);
        while (true)
        {
            var answer = await Receive();
            if (answer["id"]?.GetValue<int>() == id)
                return answer["error"] is { } error ? throw new InvalidOperationException($"{method}: {error}") : answer["result"]!.AsObject();
            switch ($"{answer["method"]}")
            {
                case "Runtime.exceptionThrown" or "Log.entryAdded": Complaints.Add($"{answer["params"]}"); break;
                case "Network.requestWillBeSent": Requests.Add($"{answer["params"]!["request"]!["url"]}"); break;
            }
        }
    }

    private async Task<JsonObject> Receive()
    {
        using var all = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (WebSocketReceiveResult? part = null; part?.EndOfMessage != true;)
        {
            part = await socket.ReceiveAsync(buffer, Cancellation);
            all.Write(buffer, 0, part.Count);
        }
        return JsonNode.Parse(all.ToArray())!.AsObject();
    }
}
