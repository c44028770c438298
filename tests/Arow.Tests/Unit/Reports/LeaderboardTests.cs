using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Arow.Tests.Unit.Reports;

public sealed class LeaderboardTests : IDisposable
{
    private readonly MadeFolder made = new();

    public void Dispose() => made.Dispose();

    private string Root => made.Root;

    /// <summary>Writes an evaluation of 200 images, every one of which after the first so many is broken.</summary>
    private EvaluatedModel Write(string folder, int robust, Func<EvaluationSummary, EvaluationSummary>? change = null)
    {
        List<SampleResult> rows = [.. Enumerable.Range(0, 200).Select(i =>
            new SampleResult(i, i % 2, i % 2, i < robust ? i % 2 : 1 - i % 2, i < robust ? null : "pgd20", 1, 0.03))];
        var summary = Made.Summary(clean: 1, robust: robust / 200.0, attacks: ["pgd20"]);
        summary = (change ?? (s => s))(summary with { Subject = summary.Subject with { DataSha256 = new string('a', 64), Protocol = "pgd20" } });
        var place = new EvaluationFolder(Path.Combine(Root, folder));
        Directory.CreateDirectory(place.Path);
        File.WriteAllText(place.Summary, summary.ToJson());
        File.WriteAllLines(place.Rows, rows.Select(r => r.ToLine()).Prepend(SampleResult.Header));
        File.WriteAllText(Path.Combine(place.Path, "report.html"), "");
        return new EvaluatedModel(folder, summary, rows);
    }

    [Fact]
    public void Models_are_ranked_with_their_difference_from_the_first()
    {
        var board = Assert.Single(Leaderboard.CreateAll([Write("c", 90), Write("a", 100), Write("b", 120), Write("d", 100)]));
        Assert.Equal("glyphs, 200 images, L∞, ε = 8/255, pgd20", board.Title);
        Assert.Equal([(1, "b"), (2, "a"), (2, "d"), (4, "c")], board.Entries.Select(e => (e.Rank, e.Model.Folder)));
        Assert.Null(board.Entries[0].AgainstFirst);
        Assert.Equal(-0.15, board.Entries[3].AgainstFirst!.Difference, 1e-12);
        Assert.Equal((0, 30), (board.Entries[3].AgainstFirst!.OnlyFirst, board.Entries[3].AgainstFirst!.OnlySecond));
    }

    public static TheoryData<string> Conditions => ["data", "norm", "epsilon", "attacks", "early", "images"];

    [Theory, MemberData(nameof(Conditions))]
    public void Models_that_were_not_evaluated_alike_are_never_in_one_table(string what)
    {
        var other = Write("b", 150, s => what switch
        {
            "data" => s with { Subject = s.Subject with { DataSha256 = new string('b', 64) } },
            "norm" => s with { Subject = s.Subject with { Norm = "l2" } },
            "epsilon" => s with { Subject = s.Subject with { Epsilon = "4/255" } },
            "attacks" => s with { Subject = s.Subject with { Protocol = "AutoAttack" } },
            "early" => s with { EndedEarly = "ended early" },
            _ => s with { N = 100 },
        });
        var boards = Leaderboard.CreateAll([Write("a", 100), other]);
        Assert.Equal(2, boards.Count);
        Assert.Equal(2, boards.Select(b => b.Title).Distinct().Count());
        Assert.All(boards, b => Assert.Equal(1, Assert.Single(b.Entries).Rank));
    }

    [Fact]
    public void The_same_epsilon_in_other_words_is_the_same() =>
        Assert.Single(Leaderboard.CreateAll([Write("a", 100, s => s with { Subject = s.Subject with { Epsilon = "0.1" } }),
            Write("b", 90, s => s with { Subject = s.Subject with { Epsilon = "1/10" } })]));

    [Fact]
    public void A_folder_is_surveyed_and_what_cannot_be_read_is_named()
    {
        Write("runs/good/evaluation", 100);
        new RunFolder(Path.Combine(Root, "runs/good")).Create(new TrainingOptions { Dataset = "glyphs" }, []);
        Write("torn", 100);
        File.AppendAllText(Path.Combine(Root, "torn", "rows.tsv"), "x\n");
        Write("half", 100);
        File.Delete(Path.Combine(Root, "half", "summary.json"));
        File.WriteAllText(Path.Combine(Root, "half", "journal"), "");
        Directory.CreateDirectory(Path.Combine(Root, "broken"));
        File.WriteAllText(Path.Combine(Root, "broken", "run.json"), "{");
        Directory.CreateSymbolicLink(Path.Combine(Root, "round"), Root);
        var survey = FolderSurvey.Read(Root);
        Assert.Equal("runs/good/evaluation", Assert.Single(survey.Evaluations).Folder);
        Assert.Equal("runs/good", Assert.Single(survey.Runs).Folder);
        Assert.Equal(["broken", "half", "round", "torn"], survey.PassedOver.Select(line => Regex.Match(line[Root.Length..], "[a-z]+").Value).Order());
        Assert.All(survey.PassedOver, line => Assert.DoesNotContain('\n', line));

        var output = Path.Combine(Root, "site");
        var report = new IndexReport(survey, output);
        Directory.CreateDirectory(output);
        report.Write();
        Assert.Equal(["index.html", "index.md", "leaderboard.csv", "leaderboard.tex"], Directory.GetFiles(output).Select(Path.GetFileName).Order());
        Assert.Contains("href=\"../runs/good/evaluation/report.html\"", File.ReadAllText(Path.Combine(output, "index.html")));
        Assert.Contains("torn", File.ReadAllText(Path.Combine(output, "index.md")));
        Assert.False(HtmlRenderer.IsForeign(Path.Combine(output, "index.html")));
        // A page of Arow that is none of an evaluation or a run is a comparison's.
        foreach (var folder in (string[])["pair", "mine"]) Directory.CreateDirectory(Path.Combine(Root, folder));
        File.Copy(Path.Combine(output, "index.html"), Path.Combine(Root, "pair", "report.html"));
        File.WriteAllText(Path.Combine(Root, "mine", "report.html"), "<html>mine</html>");
        Assert.Equal(["pair/report.html"], FolderSurvey.Read(Root).Pages);
        File.WriteAllText(Path.Combine(output, "index.html"), "<html>mine</html>");
        Assert.True(HtmlRenderer.IsForeign(Path.Combine(output, "index.html")));
    }

    [Fact]
    public void Pages_spreadsheets_and_papers_hold_any_name()
    {
        const string Name = "a_b, \"50 %\" & {c}\\^~$";
        Write(Name, 100);
        Write("second", 90);
        var survey = FolderSurvey.Read(Root);
        var page = Made.Page(new IndexReport(survey, Root).Create());
        Assert.Contains(page.All("th"), th => th.Value == Name);
        Assert.Contains(page.All("a"), a => Uri.UnescapeDataString((string)a.Attribute("href")!) == $"{Name}/report.html");
        Assert.Equal(["50.0\u00a0%"], page.All("strong").Select(s => s.Value).Where(v => v == "50.0\u00a0%"));

        var boards = Leaderboard.CreateAll(survey.Evaluations);
        var lines = LeaderboardTables.ToCsv(boards).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Contains("\"a_b, \"\"50 %\"\" & {c}\\^~$\"", lines[1]);
        Assert.All(lines, line => Assert.Equal(19, Regex.Count(Regex.Replace(line, "\"([^\"]|\"\")*\"", ""), ",")));
        var latex = LeaderboardTables.ToLatex(boards);
        Assert.Contains(@"a\_b, {\char34}50 \%{\char34} \& \{c\}\textbackslash{}\textasciicircum{}\textasciitilde{}\$ & ", latex);
        Assert.Contains(@"\textbf{50.0} {\scriptsize [43.1, 56.9]} \\", latex);
        Assert.Equal(Regex.Count(latex, @"\\begin\{"), Regex.Count(latex, @"\\end\{"));
    }

    /// <summary>As pdfLaTeX sets them, which the test below this one tries where there is one.</summary>
    [Theory]
    [InlineData(@"_%&#${}", @"\_\%\&\#\$\{\}")]
    [InlineData(@"~^\", @"\textasciitilde{}\textasciicircum{}\textbackslash{}")]
    [InlineData("<a>|", @"\textless{}a\textgreater{}\textbar{}")]
    [InlineData("[x] *y", "{[}x] {*}y")]
    [InlineData("a-b --- ,, ?`", "a-b -{}-{}- ,{}, ?{`}")]
    [InlineData("Zoë Łukasz ß", "Zoë Łukasz ß")]
    [InlineData("ąþ犬🐕", @"\arowcharacter{105}\arowcharacter{FE}\arowcharacter{72AC}\arowcharacter{1F415}")]
    [InlineData("L∞, ε\r\n\0", @"L$\infty$, $\varepsilon$\textbackslash{}u000d\textbackslash{}u000a\textbackslash{}u0000")]
    public void Names_are_shown_in_papers_as_they_are(string name, string latex) => Assert.Equal(latex, Latex.Escape(name));

    [Fact]
    public void LaTeX_sets_any_name_without_a_complaint()
    {
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(p => Path.Combine(p, "pdflatex"))
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "there is no pdflatex on this machine");
        var ascii = string.Concat(Enumerable.Range(' ', 95).Select(c => (char)c).Where(c => c != '/'));
        var latin = string.Concat(Enumerable.Range(0xa1, 0x180 - 0xa1).Select(c => (char)c));
        var board = Leaderboard.CreateAll([Write(ascii, 100), Write("[2pt] " + latin[..60], 90), Write("*" + latin[60..120], 80),
            Write(latin[120..], 70), Write("犬 🐕 ‖δ‖ ≤ 8 – “x” -- ?` \n\n", 60)]);
        Assert.Equal(5, Assert.Single(board).Entries.Count);
        File.WriteAllText(Path.Combine(Root, "board.tex"), $$"""
            \documentclass{article}
            \usepackage{booktabs}
            \begin{document}
            \listoftables
            {{LeaderboardTables.ToLatex(board)}}
            \end{document}
            """);
        var start = new ProcessStartInfo(program!, ["-interaction=batchmode", "-halt-on-error", "board.tex"])
        {
            WorkingDirectory = Root, RedirectStandardOutput = true,
        };
        using var latex = Process.Start(start)!;
        latex.StandardOutput.ReadToEnd();
        latex.WaitForExit();
        var log = File.ReadAllText(Path.Combine(Root, "board.log"));
        Assert.True(latex.ExitCode == 0, log);
        Assert.DoesNotContain("Missing character", log);
    }

    [Fact]
    public void Two_evaluations_have_a_page()
    {
        var pair = new EvaluationPair(Write("a", 120), Write("b", 100), ["attacks, x in A and y in B"]);
        var page = Made.Page(pair.CreateReport());
        Assert.Contains(page.All("p"), p => p.Value.StartsWith("A is better: A minus B +10.0 points (95 % interval ", StringComparison.Ordinal));
        Assert.Contains(page.All("p"), p => p.Value == "NOT EVALUATED ALIKE: attacks, x in A and y in B.");
        Assert.Contains(page.All("p"), p => p.Value.StartsWith("They do not differ by more than chance: A minus B 0.0", StringComparison.Ordinal));
    }
}
