namespace Arow.EndToEnd.Infra;

/// <summary>One browser for all tests that open pages: to start it takes longer than most pages.</summary>
public sealed class SharedBrowser : IDisposable
{
    /// <summary>The collection of these tests, which take turns.</summary>
    internal const string Collection = "browser";

    private Browser? browser;

    public void Dispose() => browser?.Dispose();

    /// <summary>The browser, which has heard no complaint yet; skips the test where there is none.</summary>
    internal async Task<Browser> Get()
    {
        browser ??= await Browser.Start();
        browser.Complaints.Clear();
        browser.Requests.Clear();
        return browser;
    }
}
