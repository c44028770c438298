using System.CommandLine;
using System.Text.Json.Nodes;
using Arow.IO;
using Arow.Reports;
using static Arow.Cli.CommandOption;

namespace Arow.Cli;

/// <summary><c>arow report</c>: an index of a folder of runs and evaluations, and a leaderboard.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("DIR") { Description = "folder with runs and evaluations, at any depth" };
        var output = Text("--output", "DIR", "folder of the report [the same]");
        var json = JsonFlag();
        var command = new Command("report", """
            List the runs and evaluations in a folder, and rank the models that were evaluated alike.

            Writes index.html and index.md, leaderboard.csv and leaderboard.tex. Models that were
            evaluated on other images, perturbations or attacks are in tables of their own. What is
            incomplete or damaged is named and passed over.

            Examples:
              arow report runs
              arow report runs --output site --json
            """) { folder, output, json };
        command.SetAction(parsed => Report(parsed.GetValue(folder)!, parsed.GetValue(output), parsed.GetValue(json)));
        return command;
    }

    private static int Report(string folder, string? output, bool json)
    {
        if (!Directory.Exists(folder)) throw new InputException($"{folder}: no such folder");
        output ??= folder;
        if (OutputPath.ValidateFolder(output) is { } fault) throw new InputException($"--output {output} {fault}");
        if (HtmlRenderer.IsForeign(Path.Combine(output, "index.html")))
            throw new InputException($"{output} contains an index.html that arow did not write; choose another --output");
        var survey = FolderSurvey.Read(folder);
        if (survey.Evaluations.Count + survey.Runs.Count == 0)
            throw new InputException(string.Join("; ", survey.PassedOver.Prepend($"{folder}: contains no run and no evaluation that can be read")));
        foreach (var line in survey.PassedOver) Messages.Warn($"passed over: {line}");
        var report = new IndexReport(survey, output);
        report.Write();
        foreach (var board in report.Boards)
        {
            Results.Write(board.Title);
            ReportTable.Print(LeaderboardTables.Short(board), "95 % interval", "clean");
        }
        Results.Write($"report in {Path.Combine(output, "index.html")}; the same as {Path.Combine(output, "leaderboard.csv")} and .tex");
        if (json) Console.WriteLine(Json(survey, report, output).ToJsonString());
        return 0;
    }

    private static JsonObject Json(FolderSurvey survey, IndexReport report, string output) => new()
    {
        ["report"] = Path.Combine(output, "index.html"),
        ["leaderboards"] = new JsonArray([.. report.Boards.Select(board => new JsonObject
        {
            ["title"] = board.Title,
            ["models"] = new JsonArray([.. board.Entries.Select(e => new JsonObject
            {
                ["rank"] = e.Rank, ["folder"] = e.Model.Folder, ["weights_sha256"] = e.Model.Summary.Subject.WeightsSha256,
                ["clean_accuracy"] = e.Model.Summary.CleanAccuracy, ["robust_accuracy"] = e.Model.Summary.RobustAccuracy,
                ["robust_interval"] = new JsonArray([.. e.Model.Summary.RobustInterval.Select(end => JsonValue.Create(end))]),
            })]),
        })]),
        ["runs"] = new JsonArray([.. survey.Runs.Select(r => JsonValue.Create(r.Folder))]),
        ["passed_over"] = new JsonArray([.. survey.PassedOver.Select(line => JsonValue.Create(line))]),
    };
}
