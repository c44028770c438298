namespace Arow.EndToEnd;

/// <summary>The page of <c>arow serve</c> with a real browser's clicks, keys and drops, wide and on a phone, light and dark.</summary>
[Collection(SharedBrowser.Collection)]
public sealed class ThePageInABrowser(TrainedRun trained, SharedBrowser shared) : IClassFixture<TrainedRun>
{
    private const string Done = "!document.querySelector('#run').disabled && document.querySelector('#status').textContent !== 'Attacking …'";

    private const string Attacked = Done + " && !document.querySelector('#verdict').hidden";

    [Theory, InlineData(1200, false), InlineData(390, false), InlineData(390, true)]
    public async Task Pictures_are_chosen_dropped_and_attacked(int width, bool dark)
    {
        var browser = await shared.Get();
        using var served = new ServedModel(trained.Arow, "run", "--threads", "1");
        var url = served.Client.BaseAddress!.AbsoluteUri;
        File.WriteAllBytes(trained.Arow.File("dropped.png"),
            await served.Client.GetByteArrayAsync("samples/2", TestContext.Current.CancellationToken));
        File.WriteAllText(trained.Arow.File("text.png"), "no picture");
        var name = $"{width}{(dark ? "-dark" : "")}";
        await browser.Open(url, width, 900, dark);
        await browser.Until("document.querySelectorAll('#sample-list img').length === 8");
        await browser.Photograph($"{name}-start");

        await browser.Click("#sample-list button:nth-child(2)");
        await browser.Until(Attacked);
        Assert.Equal(5, await Count("#original-top li"));
        Assert.Equal(5, await Count("#attacked-top li"));
        foreach (var image in (string[])["original", "perturbation", "attacked"])
            Assert.Equal(28, (await browser.Evaluate($"document.querySelector('#{image}').decode().then(() => {image}.naturalWidth)"))!.GetValue<int>());
        Assert.Contains("pgd20", await Text("#verdict"));

        // Enough of a change turns any answer, none turns none.
        await browser.Type("#epsilon", "0.5");
        await browser.Until($"{Attacked} && document.querySelector('#verdict').textContent.includes('turned')");
        await browser.Photograph($"{name}-attacked");
        await browser.Type("#epsilon", "0");
        await browser.Until($"{Attacked} && document.querySelector('#verdict').textContent.includes('found no change')");
        await browser.Type("#epsilon", "much");
        await browser.Until($"{Done} && document.querySelector('#error').textContent.includes('is no number')");
        await browser.Type("#epsilon", "4/255");
        await browser.Until(Attacked);
        Assert.Equal("", await Text("#error"));

        await browser.Drop("#drop", trained.Arow.File("dropped.png"));
        await browser.Until(Attacked);
        var dropped = await Text("#original-top");
        await browser.Choose("#file", trained.Arow.File("text.png"));
        await browser.Until($"{Done} && document.querySelector('#error').textContent.includes('no picture')");
        await browser.Photograph($"{name}-error");
        await browser.Choose("#file", trained.Arow.File("dropped.png"));
        await browser.Until(Attacked);
        Assert.Equal(dropped, await Text("#original-top"));
        await browser.Evaluate("(() => { const a = document.querySelector('#attack'); a.value = 'square'; a.dispatchEvent(new Event('change')); })()");
        await browser.Until($"{Attacked} && document.querySelector('#verdict').textContent.includes('square')");

        // Nothing sticks out, and nothing is nameless.
        Assert.True((await browser.Evaluate("document.documentElement.scrollWidth <= innerWidth"))!.GetValue<bool>());
        var background = $"{await browser.Evaluate("getComputedStyle(document.body).backgroundColor")}";
        Assert.Equal(dark ? "rgb(20, 24, 29)" : "rgb(255, 255, 255)", background);
        var names = await browser.ReadAccessibleNames();
        Assert.Contains(names, n => n is { Role: "combobox", Name: "Attack" });
        Assert.DoesNotContain(names, n => n.Role is "button" or "combobox" or "textbox" or "image" or "img" && n.Name.Trim().Length == 0);
        Assert.All(browser.Requests, request => Assert.True(request.StartsWith(url, StringComparison.Ordinal)
            || request.StartsWith("data:", StringComparison.Ordinal) || request.StartsWith("blob:", StringComparison.Ordinal), request));
        // That a request was refused is on the console; nothing else is.
        Assert.DoesNotContain(browser.Complaints, c => !c.Contains("status of 400", StringComparison.Ordinal));

        async Task<int> Count(string selector) => (await browser.Evaluate($"document.querySelectorAll('{selector}').length"))!.GetValue<int>();

        async Task<string> Text(string selector) => $"{await browser.Evaluate($"document.querySelector('{selector}').textContent")}";
    }
}
