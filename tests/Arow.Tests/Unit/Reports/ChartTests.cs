using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CsCheck;

namespace Arow.Tests.Unit.Reports;

public sealed class ChartTests
{
    /// <summary>Losses may be huge, equal, missing or no number at all: the drawing stays a drawing.</summary>
    [Fact]
    public void Lines_stay_on_the_sheet()
    {
        var value = Gen.OneOf(
            Gen.Double[-1e6, 1e6].Select(v => (double?)v), Gen.OneOf<double?>(null, double.NaN, double.PositiveInfinity, 0.0, 1e-12));
        Gen.Select(value.Array[1, 50], Gen.Bool, Gen.Int[1, 100]).Sample((values, dashed, first) =>
        {
            double[] places = [.. Enumerable.Range(first, values.Length).Select(i => (double)i)];
            var svg = LineChart.RenderSvg("t", "v", places, [new Line("a", values, 0, dashed)], shares: false, selected: first);
            var (width, height) = (540, 300);
            foreach (Match path in Regex.Matches(svg, " d=\"([^\"]*)\""))
            {
                foreach (Match point in Regex.Matches(path.Groups[1].Value, "[ML]([^ ML]+) ([^ ML]+)"))
                {
                    Assert.InRange(double.Parse(point.Groups[1].Value, CultureInfo.InvariantCulture), 0, width);
                    Assert.InRange(double.Parse(point.Groups[2].Value, CultureInfo.InvariantCulture), 0, height);
                }
            }
            Assert.DoesNotContain("NaN", svg);
            Assert.DoesNotContain("Infinity", svg);
            XElement.Parse(svg);
        }, iter: 200);
    }

    [Fact]
    public void A_line_goes_where_its_values_are()
    {
        var svg = LineChart.RenderSvg("t", "v", [1, 2, 3], [new Line("a", [0, 0.5, 1], 0)], shares: true);
        // The frame goes from 70 to 526 and from 238 up to 28.
        Assert.Contains("d=\"M70 238L298 133L526 28\"", svg);
    }

    [Fact]
    public void A_line_bridges_what_was_not_measured_and_breaks_at_what_is_no_number()
    {
        string Path(params double?[] values) => Regex.Replace(
            Regex.Match(LineChart.RenderSvg("t", "v", [1, 2, 3], [new Line("a", values, 0)], shares: true), " d=\"([^\"]*)\"").Groups[1].Value,
            "[^ML]", "");
        Assert.Equal("ML", Path(0.1, null, 0.2));
        Assert.Equal("MM", Path(0.1, double.NaN, 0.2));
    }

    [Fact]
    public void A_band_goes_there_above_and_back_below()
    {
        var line = new Line("a", [0.5, 0.5], 0) { Band = [new Interval(0, 1), new Interval(0.25, 0.75)] };
        var svg = LineChart.RenderSvg("t", "v", [0, 0.5], [line], shares: true, axis: "epsilon");
        Assert.Contains("d=\"M70 28L526 80.5L526 185.5L70 238Z\"", svg);
        Assert.Contains(">0.1<", svg); // No epochs: marks need not be whole.
    }

    [Fact]
    public void A_map_is_dark_where_values_are_high_and_divided_where_classes_change()
    {
        // 180 pixels a panel, 38 for the vertical axis: two columns of 70, the first row of values at the bottom.
        var svg = XElement.Parse(HeatMap.RenderSvg("t", [new HeatPanel("one", [[0, 1], [double.NaN, 3]], [["cat", "cat"], ["dog", "cat"]])],
            new HeatAxis("a", "across", [-1, 1]), new HeatAxis("b", "upwards", [0, 0.5])));
        var cells = svg.Descendants().Where(e => e.Name.LocalName == "rect" && e.HasElements)
            .Select(e => ($"{e.Attribute("x")!.Value} {e.Attribute("y")!.Value}", e.Attribute("fill-opacity")!.Value, e.Value));
        Assert.Equal([("38 92", "0.04", "a -1, b 0: 0, cat"), ("38 22", "0.36", "a -1, b 0.5: 1, cat"), ("108 92", "0", "a 1, b 0: NaN, dog"),
            ("108 22", "1", "a 1, b 0.5: 3, cat")], cells);
        Assert.Equal("M108 92v70M108 92h70", svg.Descendants().Single(e => e.Name.LocalName == "path").Attribute("d")!.Value);
        Assert.Equal("one: from 0 to 3", svg.Descendants().Single(e => e.Name.LocalName == "desc").Value);
        string[] texts = [.. svg.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
        Assert.All((string[])["one", "across", "upwards"], text => Assert.Contains(text, texts));
    }

    [Fact]
    public void Lines_have_both_axes_named() => Assert.Equal(["accuracy", "epoch"], XElement.Parse(
        LineChart.RenderSvg("t", "accuracy", [1, 2], [new Line("a", [0, 1], 0)], shares: true)).Descendants()
        .Where(e => e.Name.LocalName == "text" && (e.Value is "epoch" or "accuracy")).Select(e => e.Value).Order());

    [Fact]
    public void Bars_are_as_long_as_their_shares()
    {
        var svg = XElement.Parse(BarChart.RenderSvg("t", ["clean", "robust"],
            [new BarGroup("a", [new ShareEstimate(1, new Interval(0.9, 1)), new ShareEstimate(0.5, new Interval(0.4, 0.6))])]));
        double[] lengths = [.. svg.Descendants().Where(e => e.Attribute("fill-opacity") is not null).Select(e => (double)e.Attribute("width")!)];
        Assert.Equal([434, 217], lengths);
        // The whisker of the second: from 40 + 0.4 · 434 to 40 + 0.6 · 434.
        Assert.Contains(svg.Descendants(), e =>
            ((string?)e.Attribute("d"))?.StartsWith("M213.6 ", StringComparison.Ordinal) == true && ((string?)e.Attribute("d"))!.Contains("H300.4"));
        Assert.Contains("50.0 %", svg.Value);
    }

    /// <summary>Names end ten pixels before their bars: so wide a letter is no more than twelve of them.</summary>
    [Theory, InlineData("ARoW-AWP"), InlineData("TRADES-LS"), InlineData("WWWWWWWWWWWWWWWWWWWWWW")]
    public void Names_beside_bars_are_whole(string name)
    {
        var bar = XElement.Parse(BarChart.RenderSvg("t", ["clean"], [new BarGroup(name, [new ShareEstimate(1, new Interval(0.9, 1))])]))
            .Descendants().First(e => e.Attribute("fill-opacity") is not null);
        Assert.True((double)bar.Attribute("x")! - 10 >= name.Sum(c => c == 'W' ? 12 : char.IsUpper(c) ? 9 : 7));
    }

    /// <summary>Bounds are risks that may exceed 100 %: the axis goes on, in per cent.</summary>
    [Fact]
    public void Shares_above_one_lengthen_the_axis()
    {
        var svg = LineChart.RenderSvg("t", "v", [1, 2], [new Line("bound", [0.5, 2.5], 0)], shares: true);
        Assert.Contains(">250 %<", svg);
        Assert.DoesNotContain(">250 %<", LineChart.RenderSvg("t", "v", [1, 2], [new Line("bound", [0.5, 1], 0)], shares: true));
    }

    /// <summary>Twice the deviation from accuracy 0.02 down lies below nothing; names of 22 wide letters have their place.</summary>
    [Fact]
    public void A_trade_off_shows_accuracies_alone_and_whole_names()
    {
        string[] names = [.. Enumerable.Range(0, 4).Select(i => new string('W', 21) + i)];
        var svg = XElement.Parse(TradeOffChart.RenderSvg("t",
            [.. names.Select(name =>
                new TradeOffSeries(name,
                    [new TradeOffPoint(new Arow.Statistics.SeedSpread(0.9, 0.2, 3), new Arow.Statistics.SeedSpread(0.02, 0.04, 3), "",
                        true)]))], []));
        Assert.DoesNotContain("-", svg.Value);
        Assert.DoesNotContain("120 %", svg.Value);
        var shown = svg.Descendants().Where(e => names.Contains(e.Value) && !e.HasElements).ToList();
        Assert.Equal(names, shown.Select(e => e.Value));
        Assert.All(shown, e => Assert.True((double)e.Attribute("x")! + 22 * 8 <= 540));
    }

    /// <summary>A grid of settings is one entry of the legend a method, and the drawing keeps its height.</summary>
    [Fact]
    public void Settings_of_a_method_share_its_colour_and_its_entry()
    {
        var points = Enumerable.Range(0, 40)
            .Select(i => new TradeOffPoint(new Arow.Statistics.SeedSpread(0.5 + i / 100.0, null, 1), new Arow.Statistics.SeedSpread(0.5, null, 1),
                "1.5", i == 7));
        var svg = XElement.Parse(
            TradeOffChart.RenderSvg("t", [.. points.Select((p, i) => new TradeOffSeries(i % 2 == 0 ? "even" : "odd", [p]))], []));
        Assert.Single(svg.Descendants(), e => e.Value == "even" && !e.HasElements);
        // 40 points and the legend's two.
        var marks = svg.Descendants().Where(e => e.Name.LocalName == "circle").ToList();
        Assert.Equal(42, marks.Count);
        Assert.Equal(2, marks.Select(m => (string?)m.Attribute("stroke")).Distinct().Count());
        Assert.All(marks.Take(40), m => Assert.InRange((double)m.Attribute("cy")!, 38, 398));
    }

    /// <summary>Beside points that lie on each other there is room for some texts alone: first come, first served.</summary>
    [Fact]
    public void Texts_keep_off_points_and_each_other()
    {
        var places = Gen.Select(Gen.Double[20, 180], Gen.Double[20, 180], Gen.Int[1, 5]);
        places.Array[1, 30].Sample(points =>
        {
            var free = new LabelPlacer(0, 0, 200, 200, points.Select(p => (p.Item1, p.Item2)));
            // Seven pixels a letter, nine above the line, and points of ten.
            var texts = points.Select(p => (At: free.Place(p.Item1, p.Item2, new string('8', p.Item3)), Width: 7.0 * p.Item3))
                .Where(t => t.At is not null)
                .Select(t => (Left: t.At!.Value.X, Top: t.At.Value.Y - 9, Right: t.At.Value.X + t.Width, Bottom: t.At.Value.Y)).ToList();
            var marks = points.Select(p => (Left: p.Item1 - 5, Top: p.Item2 - 5, Right: p.Item1 + 5, Bottom: p.Item2 + 5));
            foreach (var (i, text) in texts.Index())
            {
                Assert.True(text.Left >= 0 && text.Top >= 0 && text.Right <= 200 && text.Bottom <= 200);
                Assert.DoesNotContain(texts.Skip(i + 1).Concat(marks), o =>
                    text.Left < o.Right && o.Left < text.Right && text.Top < o.Bottom && o.Top < text.Bottom);
            }
        }, threads: 1, iter: 200);
        Assert.NotNull(new LabelPlacer(0, 0, 100, 100, [(50, 50)]).Place(50, 50, "1"));
        Assert.Null(Crowd().Place(50, 50, "1"));

        static LabelPlacer Crowd() => new(0, 0, 100, 100, Enumerable.Range(0, 100).Select(i => (i % 10 * 10.0 + 5, i / 10 * 10.0 + 5)));
    }

    [Fact]
    public void Marks_are_round_and_inside() => Gen.Select(Gen.Double[-1e4, 1e4], Gen.Double[1e-3, 1e4]).Sample((low, span) =>
    {
        var scale = AxisScale.ForValues([low, low + span], 0, 100);
        var marks = scale.Ticks().ToList();
        Assert.InRange(marks.Count, 3, 12);
        Assert.All(marks, m => Assert.InRange(scale.ToPixels(m), -1e-6, 100 + 1e-6));
        Assert.True(scale.ToPixels(low) >= -1e-6 && scale.ToPixels(low + span) <= 100 + 1e-6);
        Assert.All(marks.Zip(marks.Skip(1)), pair => Assert.Equal(marks[1] - marks[0], pair.Second - pair.First, 1e-6 * span));
    });

    [Fact]
    public void Escaped_text_is_read_back() => Gen.String.Sample(text =>
    {
        var read = XElement.Parse($"<a>{Xml.Escape(text)}</a>", LoadOptions.PreserveWhitespace).Value;
        return read == Xml.Escape(read) || read.Length == text.ReplaceLineEndings("\n").Length;
    });
}
