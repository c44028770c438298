using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Arow.Inference;
using Arow.IO;
using Arow.Runtime;
using static Arow.Cli.TextOption;

namespace Arow.Cli;

/// <summary><c>arow predict</c>: classifies pictures, one a line.</summary>
internal static class PredictCommand
{
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var model = Target.Model();
        var paths = new Argument<string[]>("PATH") { Description = "pictures, folders and archives of them, arrays of images (.npz, .npy)", Arity = ArgumentArity.ZeroOrMore };
        var list = Text("--from-file", "FILE", "file with one path a line; - for standard input");
        var json = new Option<bool>("--json") { Description = "one JSON object a line: path, class, index, confidence, top, or path and error" };
        var output = Text("--output", "FILE", "file to write; never left incomplete [standard output]");
        var settings = new SettingOptions<PredictOptions>(PredictOptions.Settings);
        var command = new Command("predict", """
            Classify pictures of any size with a trained model.

            Prints one line a picture, in order; a damaged picture gets a line with the error.
            Exit codes: 0 done, 1 a picture was damaged, 2 bad input, 130 and 143 stopped.

            Examples:
              arow predict runs/photos cat.jpg dog.jpg
              arow predict runs/photos incoming/ --json --output predictions.jsonl
              find . -name '*.jpg' | arow predict runs/photos --from-file - --abstain-below 0.6
              arow predict runs/photos cat.jpg --withstands 8/255
            """) { model, paths, list, json, output };
        MessageOptions.AddTo(command);
        settings.AddTo(command);
        command.SetAction(parsed =>
        {
            var problems = new List<string>();
            var options = settings.Read(parsed, new PredictOptions(), problems);
            problems.AddRange(options.Validate("--"));
            if (parsed.GetValue(output) is { } file && OutputPath.ValidateFile(file) is { } fault) problems.Add($"{output.Name} {file} {fault}");
            var given = parsed.GetValue(paths)!;
            if (given.Length == 0 && parsed.GetValue(list) is null) problems.Add(
                "nothing to classify: give pictures, folders, or --from-file");
            foreach (var missing in given.Where(path => !Path.Exists(path))) problems.Add($"{missing}: no such file or folder");
            if (parsed.GetValue(list) is { } from && from != "-" && !File.Exists(from)) problems.Add($"{list.Name} {from}: no such file");
            if (problems.Count > 0) throw new InputException(string.Join("; ", problems));
            return StopSignals.RunCancellable(signals =>
            {
                ArowRuntime.Initialize();
                if (options.Threads is { } limit) TorchSharp.torch.set_num_threads(limit);
                return Predict(parsed.GetValue(model)!, options.PredictorOptions with
                {
                    BatchSize = options.BatchSize,
                    Top = options.Top,
                    AbstainBelow = options.AbstainBelow,
                    AttackThreatModel = options.Threat,
                }, given, parsed.GetValue(list), parsed.GetValue(json) ? FormatJson : prediction =>
                    FormatText(prediction, options.Threat?.Size), parsed.GetValue(output), signals);
            });
        });
        return command;
    }

    private static int Predict(
        string model, PredictorOptions options, string[] paths, string? list, Func<NamedPrediction, string> form, string? output, StopSignals signals)
    {
        using var predictor = Predictor.Open(model, options);
        foreach (var remark in predictor.Remarks) Messages.Warn(remark);
        if (!predictor.AreClassesNamed) Messages.Warn(
            $"{model}: has no class names; classes are the indices of its outputs (--class-names names them)");
        var (damaged, resized, several) = (0, 0, 0);
        if (output is null) WriteTo(Console.Out);
        else
        {
            AtomicFile.Write(output, file =>
            {
                using var writer = new StreamWriter(file, leaveOpen: true);
                WriteTo(writer);
            });
        }
        if (resized > 0) Messages.Warn(
            $"{(resized == 1 ? "1 picture of another size was" : $"{resized} pictures of other sizes were")} resized to "
                + $"{predictor.Input.Width}x{predictor.Input.Height}: rotated upright, center-cropped and averaged, as 'arow data resize' "
                + "does");
        if (several > 0) Messages.Warn(
            $"{(several == 1 ? "1 file holds" : $"{several} files hold")} several pictures (an animation, or pages), of which only the first was classified");
        if (damaged > 0) Messages.Error($"arow: {(damaged == 1 ? "1 picture" : $"{damaged} pictures")} could not be read");
        return damaged > 0 ? 1 : 0;

        void WriteTo(TextWriter writer)
        {
            var line = new ProgressLine();
            var done = 0;
            using var pictures = new PictureFiles(paths.Concat(ReadPaths(list))) { OnWarning = warning => Messages.Warn(warning) };
            foreach (var prediction in predictor.Predict(pictures.Enumerate(), signals.Token))
            {
                writer.WriteLine(form(prediction));
                if (prediction.Error is not null) damaged++;
                if (prediction.Prediction?.Resized == true) resized++;
                if (prediction.Prediction?.IsFirstOfSeveral == true) several++;
                done++;
                if (output is not null) line.Update(() => $"{done} pictures");
            }
            if (output is not null) Messages.Erase();
            writer.Flush();
        }
    }

    private static string FormatText(NamedPrediction named, Ratio? epsilon)
    {
        var name = Printable.Escape(named.Name);
        if (named.Prediction is not { } p) return $"{name}: error: {Printable.Escape(Reason(named))}";
        var others = p.Abstained || p.Top.Count < 2 ? "" : $" ({string.Join(", ", p.Top.Skip(1))})";
        var attacked = p.Attacked is not { } a ? ""
            : a.Found is { } found ? $"; {a.Attack} within {epsilon} changes it to {found}" : $"; no change found by {a.Attack} within {epsilon}";
        return Printable.Escape($"{name}: {p}{others}{attacked}");
    }

    private static string FormatJson(NamedPrediction named)
    {
        var line = new JsonObject { ["path"] = named.Name };
        if (named.Prediction is not { } p)
        {
            line["error"] = Reason(named);
            return line.ToJsonString(OneLine);
        }
        PredictionJson.Add(line, p);
        return line.ToJsonString(OneLine);
    }

    /// <summary>Reads the lines of a file or of standard input lazily.</summary>
    internal static IEnumerable<string> ReadPaths(string? list)
    {
        if (list is null) yield break;
        using var reader = list == "-" ? Console.In : new StreamReader(RegularFile.Open(list));
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0) yield return line;
        }
    }

    /// <summary>Returns the error without the name before it.</summary>
    private static string Reason(NamedPrediction named) =>
        named.Error!.StartsWith($"{named.Name}: ", StringComparison.Ordinal) ? named.Error[(named.Name.Length + 2)..] : named.Error;
}
