using System.CommandLine;
using System.Text.Json.Nodes;
using Arow.Classes;
using Arow.Evaluation;
using Arow.IO;
using Arow.Training;
using Spectre.Console;
using static Arow.Cli.CommandOption;
using EvaluatedModel = Arow.Reports.EvaluatedModel;
using EvaluationPair = Arow.Reports.EvaluationPair;
using HtmlRenderer = Arow.Reports.HtmlRenderer;

namespace Arow.Cli;

/// <summary><c>arow compare-evaluations</c>: whether two evaluations of the same images differ by more than chance.</summary>
internal static class CompareEvaluationsCommand
{
    public static Command Create()
    {
        var a = new Argument<string>("A") { Description = "folder of an evaluation" };
        var b = new Argument<string>("B") { Description = "folder of another, of the same images" };
        var output = Text("--output", "DIR", "folder for a page of the comparison, report.html and report.md [no page]");
        var json = JsonFlag();
        var command = new Command("compare-evaluations", """
            Compare two evaluations of the same images, image by image (McNemar's exact test).

            Examples:
              arow compare-evaluations runs/arow/evaluation-pgd20 runs/trades/evaluation-pgd20
              arow compare-evaluations before after --output compared --json
            """) { a, b, output, json };
        command.SetAction(parsed =>
            Compare(EvaluationSide.Read(parsed.GetValue(a)!), EvaluationSide.Read(parsed.GetValue(b)!), parsed.GetValue(output),
                parsed.GetValue(json)));
        return command;
    }

    private static int Compare(EvaluationSide a, EvaluationSide b, string? output, bool json)
    {
        if (output is not null && Validate(output) is { } fault) throw new InputException($"--output {output} {fault}");
        if (a.Data is not null && b.Data is not null && a.Data != b.Data && HasOtherOrder(a, b))
            throw new InputException(
                $"{a.Path} and {b.Path} use data with the same class names in another order, {DescribeClassDifference(a, b)}: images are "
                    + "numbered in that order, so the rows cannot be paired; evaluate both on the same copy of the data (the classes of models are "
                    + "matched by name)");
        if (a.Data is not null && b.Data is not null && a.Data != b.Data && HasSameRows(a, b))
            throw new InputException($"{a.Path} and {b.Path} use different images with the same indices and classes: the hashes of the data differ");
        if (DescribeClassDifference(a, b) is { } classes
            && (a.Data is null || b.Data is null)) throw new InputException($"{a.Path} and {b.Path} use images of different classes: {classes}");
        string[] notes = [.. DescribeDifferences(a.Summary, b.Summary),
            .. DescribeClassDifference(a, b) is { } named ? [$"names of the classes, {named}"] : (string[])[]];

        var pair = new EvaluationPair(a.Model, b.Model, notes);
        var (clean, robust) = (pair.Clean, pair.Robust);
        if (output is not null) pair.CreateReport().Write(output);
        Results.Write($"A  {a.Title}");
        Results.Write($"B  {b.Title}");
        foreach (var note in notes) Results.Write($"Difference: {note}");
        Console.WriteLine();
        Print("clean", clean);
        Print("robust", robust);
        if (json)
        {
            Console.WriteLine(new JsonObject
            {
                ["n"] = robust.N, ["a"] = a.Path, ["b"] = b.Path, ["differ"] = robust.Differ,
                ["robust"] = Json(robust), ["clean"] = Json(clean),
                ["not_alike"] = new JsonArray([.. notes.Select(n => JsonValue.Create(n))]),
            }.ToJsonString());
        }
        return 0;
    }

    /// <summary>Describes classes of the same index with different names; null if there are none.</summary>
    private static string? DescribeClassDifference(EvaluationSide a, EvaluationSide b)
    {
        var (first, second) = ClassNamesOf(a, b);
        return ClassOrder.Find(first, second) is { } found && found.SequenceEqual(found.Order()) && first.Length == second.Length ? null
            : $"{ClassNames.Summarize(first)} in A and {ClassNames.Summarize(second)} in B";
    }

    /// <summary>Whether both have the same class names in a different order.</summary>
    private static bool HasOtherOrder(EvaluationSide a, EvaluationSide b)
    {
        var (first, second) = ClassNamesOf(a, b);
        return first.Length == second.Length && ClassOrder.Find(first, second) is { } found && !found.SequenceEqual(found.Order());
    }

    /// <summary>The names of the images' classes, without the classes that only a model has; those come after them.</summary>
    private static (string[] First, string[] Second) ClassNamesOf(EvaluationSide a, EvaluationSide b)
    {
        var count = (int)a.Rows.Concat(b.Rows).Max(r => r.Label) + 1;
        return ([.. a.Summary.Classes.Take(count).Select(c => c.Name)], [.. b.Summary.Classes.Take(count).Select(c => c.Name)]);
    }

    private static bool HasSameRows(EvaluationSide a, EvaluationSide b) => PairedComparison.Pair(a.Rows, b.Rows).Count > 0;

    private static void Print(string what, PairedComparison c)
    {
        var table = new Spectre.Console.Table().RoundedBorder().Title(what).AddColumns("", "B correct", "B wrong", "all");
        table.AddRow("A correct", $"{c.Both}", $"{c.OnlyFirst}", $"{c.Both + c.OnlyFirst} ({SummaryTable.Percent(c.First)})");
        table.AddRow("A wrong", $"{c.OnlySecond}", $"{c.Neither}", $"{c.OnlySecond + c.Neither}");
        table.AddRow("all", $"{c.Both + c.OnlySecond} ({SummaryTable.Percent(c.Second)})", $"{c.OnlyFirst + c.Neither}", $"{c.N}");
        AnsiConsole.Write(table);
        Results.Write(EvaluationPair.Describe(c));
        Console.WriteLine();
    }

    /// <summary>Returns why the page cannot be written; null if it can.</summary>
    private static string? Validate(string output) => OutputPath.ValidateFolder(output)
        ?? (HtmlRenderer.IsForeign(Path.Combine(output, "report.html")) ? "contains a report.html that arow did not write; choose another"
        : File.Exists(new EvaluationFolder(output).Summary) || new RunFolder(output).Exists
            ? "contains an evaluation or a run, whose report would be lost; choose another" : null);

    private static JsonObject Json(PairedComparison c) => new()
    {
        ["both"] = c.Both, ["only_a"] = c.OnlyFirst, ["only_b"] = c.OnlySecond, ["neither"] = c.Neither,
        ["accuracy_a"] = c.First, ["accuracy_b"] = c.Second, ["difference"] = c.Difference,
        ["difference_interval"] = new JsonArray(c.DifferenceInterval.Low, c.DifferenceInterval.High),
        ["p_value"] = c.PValue, ["differ"] = c.Differ,
    };

    /// <summary>Describes the differences other than the model.</summary>
    private static IEnumerable<string> DescribeDifferences(EvaluationSummary a, EvaluationSummary b)
    {
        var (s, t) = (a.Subject, b.Subject);
        if ((s.Norm, s.Epsilon) != (t.Norm, t.Epsilon)) yield return $"perturbations, {s.Norm} {s.Epsilon} in A and {t.Norm} {t.Epsilon} in B";
        var (first, second) = (Attacks(a), Attacks(b));
        if (first != second) yield return $"attacks, {first} in A and {second} in B";
        if (a.EndedEarly is not null || b.EndedEarly is not null) yield return "an evaluation that ended early overestimates robust accuracy";
    }

    private static string Attacks(EvaluationSummary summary) =>
        summary.Subject.Protocol ?? string.Join(", ", summary.Attacks.Select(x => x.Name));

    private sealed record EvaluationSide(string Path, EvaluationSummary Summary, IReadOnlyList<SampleResult> Rows)
    {
        public EvaluatedModel Model => new(Path, Summary, Rows);

        public string? Data => Summary.Subject.DataSha256;

        public string Title => $"{Path}: {Summary.Subject.Model}, {Attacks(Summary)}, {Summary.Subject.Norm} {Summary.Subject.Epsilon}";

        public static EvaluationSide Read(string path)
        {
            var folder = new EvaluationFolder(path);
            if (!Directory.Exists(path)) throw new InputException($"{path}: no such folder");
            if (folder.IsUnfinished) throw new InputException(
                $"{path}: the evaluation is incomplete; 'arow evaluate' with --resume continues it");
            if (!File.Exists(folder.Summary)) throw new InputException(
                $"{path}: contains no evaluation: {System.IO.Path.GetFileName(folder.Summary)} is missing");
            var (summary, rows) = folder.Read();
            return new EvaluationSide(path, summary, rows);
        }
    }
}
