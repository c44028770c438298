using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Arow.Tests.Unit.Reports;

/// <summary>What every page owes its readers, whatever stands on it.</summary>
public sealed class PageTests
{
    private static readonly Report Full = EvaluationReport.Create(Made.Summary() with
    {
        Calibration = new Calibration(0.125, [new CalibrationBin(150, 0.75, 0.5), new CalibrationBin(50, 0.95, 1)]),
    }, Made.Rows(), Made.Examples);

    /// <summary>Colours of the light alone would vanish in the dark.</summary>
    [Fact]
    public void Every_colour_of_a_drawing_has_one_for_the_dark()
    {
        var known = Palette.Pairs.Select(p => p.Light).Append("none").ToHashSet();
        Assert.All(Full.Blocks.OfType<SvgFigure>().SelectMany(f => Regex.Matches(f.Svg, " (?:fill|stroke)=\"([^\"]*)\"")),
            colour => Assert.Contains(colour.Groups[1].Value, known));
        Assert.All(Palette.Pairs, pair => Assert.Contains($"[fill=\"{pair.Light}\"] {{ fill: {pair.Dark}; }}", PageStyle.Css));
        Assert.Contains("prefers-color-scheme: dark", PageStyle.Css);
    }

    [Fact]
    public void Drawings_have_a_name_and_the_numbers_in_words()
    {
        var drawings = Made.Page(Full).All("svg").ToList();
        Assert.Equal(5, drawings.Count);
        Assert.All(drawings, d =>
        {
            Assert.Equal("img", (string?)d.Attribute("role"));
            Assert.NotEmpty(d.Elements().First(e => e.Name.LocalName == "title").Value);
            Assert.Matches("[0-9]", d.Elements().First(e => e.Name.LocalName == "desc").Value);
        });
    }

    [Fact]
    public void The_pointer_shows_the_numbers()
    {
        string[] shown = [.. Made.Page(Full).All("g").Elements().Where(e => e.Name.LocalName == "title").Select(e => e.Value)];
        Assert.Contains("dog, robust 54.0 % (44.3 – 63.4 %)", shown);
        Assert.Contains($"dog predicted as {Made.Hostile.Replace('\u0001', '\ufffd')}: 33 of 100 images (33.0 %)", shown);
        Assert.Contains("confidence 75.0 %: accuracy 50.0 % (42.1 – 57.9 %), 150 images", shown);
        var lines = XElement.Parse(LineChart.RenderSvg("t", "v", [1, 2], [new Line("a", [0.5, null], 0), new Line("b", [0.25, 1], 1)], shares: true));
        Assert.Contains("epoch 2: a –, b 100.0 %", lines.All("title").Select(e => e.Value));
    }

    [Fact]
    public void Tables_are_named_and_their_cells_have_heads()
    {
        var tables = Made.Page(Full).All("table").ToList();
        Assert.All(tables, t => Assert.NotEmpty(Assert.Single(t.All("caption")).Value));
        Assert.All(tables.SelectMany(t => t.All("th")), th => Assert.Contains((string?)th.Attribute("scope"), (string[])["col", "row"]));
        Assert.All(tables.SelectMany(t => t.All("tr")).Where(r => r.Parent!.Name.LocalName == "tbody"),
            row => Assert.Equal("row", (string?)row.Elements().First().Attribute("scope")));
        Assert.All(tables.SelectMany(t => t.All("td")), td => Assert.NotEmpty((string?)td.Attribute("data-label") ?? ""));
    }

    [Fact]
    public void The_best_of_a_column_is_marked_ties_and_all()
    {
        var table = new Table(["m", "a", "b"], [["x", "54.3 %", "1,000"], ["y", "54.3 ± 1.0 %", "-2"], ["z", "7 %", ""]]) { HighestIsBest = [1, 2] };
        Assert.Equal([(0, 1), (0, 2), (1, 1)], TableMarks.FindBest(table).Order());
        Assert.Contains("| x | **54.3 %** | **1,000** |", new Report("t", [table]).ToMarkdown());
        Assert.Equal(3, Made.Page(new Report("t", [table])).All("strong").Count());
        Assert.Empty(TableMarks.FindBest(table with { Rows = [["x", "1 %", ""], ["y", "1 %", ""]] }));
    }

    [Fact]
    public void Columns_without_a_word_are_left_out()
    {
        var table = new Table(["m", "a", "b"], [["x", "", "1"], ["y", "", "2"]]) { HighestIsBest = [1, 2] }.WithoutEmptyColumns();
        Assert.Equal(["m", "b"], table.Columns);
        Assert.Equal([["x", "1"], ["y", "2"]], table.Rows);
        Assert.Equal([(1, 1)], TableMarks.FindBest(table));
    }

    /// <summary>Pages are XML, too: the script must not need quoting, and nothing comes from elsewhere.</summary>
    [Fact]
    public void The_script_is_plain_and_only_for_tables_that_gain()
    {
        Assert.DoesNotMatch("[<&]", PageScript.Sorting);
        var page = Made.Page(new Report("t",
        [
            new Table(["a", "b"], [["1", "2"], ["1", "2"], ["1", "2"]]), new Table(["what", "value"], [["a", "b"], ["c", "d"], ["e", "f"]], Numbers: false),
        ]));
        Assert.Equal([true, false], page.All("table").Select(t => ((string?)t.Attribute("class"))!.Contains("sortable", StringComparison.Ordinal)));
    }

    [Fact]
    public void Long_names_are_whole_on_the_page()
    {
        var name = string.Join(' ', Enumerable.Repeat("steamboat", 6));
        var bars = BarChart.RenderSvg("t", ["clean"], [new BarGroup(name, [ReportFormat.WithInterval(0.5, 10)]), new BarGroup("b", [ReportFormat.WithInterval(1, 10)])]);
        Assert.Contains(XElement.Parse(bars).All("text"), t => t.Value == name);
        var matrix = ConfusionMatrix.Count([(0, 0), (1, 0)], 2);
        Assert.Contains(XElement.Parse(ConfusionChart.RenderSvg("t", matrix, [name, "b"])).All("title"), t => t.Value == name);
    }

    [Fact]
    public void A_matrix_has_both_axes_and_the_shares_of_each_class()
    {
        var svg = XElement.Parse(ConfusionChart.RenderSvg("t", ConfusionMatrix.Count([(0, 0), (0, 0), (0, 0), (0, 1), (1, 1)], 2), ["cat", "dog"]));
        string[] texts = [.. svg.All("text").Select(t => t.Value)];
        Assert.Contains("predicted class", texts);
        Assert.Contains("true class", texts);
        Assert.Equal(2, texts.Count(t => t == "cat"));
        Assert.Equal(["75", "25", "100"], texts.Where(t => char.IsDigit(t[0])));
        Assert.Equal("4 of 5 images are on the diagonal; most frequent errors: cat as dog 1", svg.All("desc").Single().Value);
    }

    /// <summary>ImageNet has a thousand classes: neither names nor numbers have room, and cells are never outside.</summary>
    [Theory, InlineData(1), InlineData(31), InlineData(100)]
    public void A_matrix_of_any_size_stays_on_its_sheet(int classes)
    {
        var pairs = Enumerable.Range(0, 3 * classes).Select(i => ((long)(i % classes), (long)(i * 7 % classes)));
        var svg = XElement.Parse(ConfusionChart.RenderSvg("t", ConfusionMatrix.Count(pairs, classes), [.. Enumerable.Repeat("a name of a class", classes)]));
        var (width, height) = ((double)svg.Attribute("width")!, (double)svg.Attribute("height")!);
        Assert.All(svg.All("rect").Where(r => r.Attribute("x") is not null), r => Assert.True(
            (double)r.Attribute("x")! + (double)r.Attribute("width")! <= width && (double)r.Attribute("y")! + (double)r.Attribute("height")! <= height));
    }
}
