using System.Globalization;

namespace Arow.EndToEnd;

/// <summary>The pages of the commands in a real browser: wide, on a phone, in the dark and printed, nothing sticks out and tables sort.</summary>
[Collection(SharedBrowser.Collection)]
public sealed class ReportsInABrowser(TrainedRun trained, SharedBrowser shared) : IClassFixture<TrainedRun>
{
    private readonly Program arow = trained.Arow;

    [Fact]
    public async Task Nothing_sticks_out_of_any_page()
    {
        var browser = await shared.Get();
        foreach (var (name, page) in WritePages())
        {
            await browser.Open(new Uri(page).AbsoluteUri, 1200, 900, dark: false);
            foreach (var (width, dark) in ((int, bool)[])[(1200, false), (390, false), (390, true)])
            {
                await browser.Show(width, 900, dark);
                await browser.Photograph($"{name}-{width}{(dark ? "-dark" : "")}");
                Assert.Equal("", $"{await browser.Evaluate(Outside(width))}");
                Assert.Equal(dark ? "rgb(20, 24, 29)" : "rgb(255, 255, 255)",
                    $"{await browser.Evaluate("getComputedStyle(document.body).backgroundColor")}");
                Assert.Equal("", $"{await browser.Evaluate(DrawnOnOtherPaper)}");
            }
            // A4 without its margins, from a dark desktop: tables are whole and the paper is white.
            await browser.Show(718, 900, dark: true, printed: true);
            await browser.Photograph($"{name}-printed");
            Assert.Equal("", $"{await browser.Evaluate(Outside(718))}");
            Assert.Equal("", $"{await browser.Evaluate(BrokenWords)}");
            Assert.Equal("rgb(255, 255, 255)", $"{await browser.Evaluate("getComputedStyle(document.body).backgroundColor")}");
            Assert.Equal("", $"{await browser.Evaluate(DrawnOnOtherPaper)}");
            var names = await browser.ReadAccessibleNames();
            Assert.DoesNotContain(names, n => n.Role is "image" or "img" or "button" or "table" && n.Name.Trim().Length == 0);
            Assert.All(browser.Requests, request => Assert.True(request.StartsWith("file:", StringComparison.Ordinal)
                || request.StartsWith("data:", StringComparison.Ordinal), request));
        }
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Heads_of_tables_sort_them()
    {
        var browser = await shared.Get();
        arow.Run("evaluate", "run", "--attack", "fgsm", "--limit", "60", "--threads", "1", "--output", "sorted").AssertDone();
        await browser.Open(new Uri(arow.File("sorted/report.html")).AbsoluteUri, 1200, 900, dark: false);
        const string Table = "Array.from(document.querySelectorAll('table.sortable')).find(t => t.tHead.textContent.includes('clean accuracy'))";
        await browser.Evaluate($"{Table}.id = 'classes'");
        // The first press of a column of numbers puts the largest first.
        await browser.Click("#classes th:nth-child(3) button");
        var fallen = await Column();
        Assert.Equal(fallen.OrderDescending(), fallen);
        Assert.True(fallen.Distinct().Count() > 1);
        await browser.Click("#classes th:nth-child(3) button");
        var risen = await Column();
        Assert.Equal(fallen.Order(), risen);
        Assert.Equal("ascending", $"{await browser.Evaluate("document.querySelector('#classes th:nth-child(3)').getAttribute('aria-sort')")}");

        async Task<List<double>> Column() => [.. $"{await browser.Evaluate(
            "Array.from(document.querySelector('#classes').tBodies[0].rows).map(r => r.cells[2].textContent).join(';')")}"
            .Split(';').Select(cell => double.Parse(cell.Replace("\u00a0%", "", StringComparison.Ordinal), CultureInfo.InvariantCulture))];
    }

    /// <summary>A page of every kind.</summary>
    private IEnumerable<(string Name, string Page)> WritePages()
    {
        yield return ("train", arow.File("run/report.html"));
        arow.Run("evaluate", "run", "--attack", "fgsm,pgd20", "--limit", "60", "--threads", "1", "--output", "ev").AssertDone();
        yield return ("evaluate", arow.File("ev/report.html"));
        arow.Run("analyze", "run", "--limit", "40", "--landscape", "4", "--epsilons", "0,0.05", "--steps", "1,3", "--threads", "1").AssertDone();
        yield return ("analyze", arow.File("run/analysis/report.html"));
        arow.Run("evaluate", "run", "--attack", "fgsm,pgd20", "--limit", "60", "--threads", "1", "--steps", "1", "--output", "weak").AssertDone();
        arow.Run("compare-evaluations", "ev", "weak", "--output", "pair").AssertDone();
        yield return ("pair", arow.File("pair/report.html"));
        arow.Run("report", ".").AssertDone();
        yield return ("index", arow.File("index.html"));
        Directory.CreateDirectory(arow.File("study"));
        File.Copy(Path.Combine(Program.Root, "docs/results/quickstart/runs.zip"), arow.File("study/runs.zip"));
        arow.Run("compare", Path.Combine(Program.Root, "studies/quickstart.json"), "--output", "study", "--report-only").AssertDone();
        yield return ("study", arow.File("study/study.html"));
    }

    /// <summary>
    /// What lies beyond the edge of the window: names for assistive programs alone are one pixel, and on a wide window a table may
    /// scroll inside itself.
    /// </summary>
    private static string Outside(int width) => $$"""
        Array.from(document.querySelectorAll('body *'), e => [e, e.getBoundingClientRect()])
          .filter(([e, box]) => !({{width}} > 1000 && e.parentElement.closest('.wide')) && box.width > 1 && (box.right > {{width}} + 0.5 || box.left < -0.5))
          .map(([e, box]) => `${e.tagName} ${e.textContent.slice(0, 40)} ${box.left} ${box.right}`).slice(0, 5).join('\n')
        """;

    /// <summary>Short words and numbers of tables that go over several lines; a hyphen is a place to break.</summary>
    private const string BrokenWords = """
        Array.from(document.querySelectorAll('td, th'))
          .filter(cell => {
            const range = document.createRange();
            range.selectNodeContents(cell);
            return /^[^\s-]{1,12}$/.test(cell.textContent) && new Set(Array.from(range.getClientRects(), box => Math.round(box.bottom))).size > 1;
          }).map(cell => cell.textContent).join('\n')
        """;

    /// <summary>Drawings whose ground is not the page's.</summary>
    private const string DrawnOnOtherPaper = """
        Array.from(document.querySelectorAll('svg'))
          .filter(svg => getComputedStyle(svg.querySelector('rect')).fill !== getComputedStyle(document.body).backgroundColor)
          .map(svg => svg.querySelector('title').textContent).join('\n')
        """;
}
