using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Arow.Distributed;
using Arow.Evaluation;
using Arow.Inference;
using Arow.IO;
using Arow.Runtime;
using Arow.Training;
using static Arow.Cli.CommandOption;

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
        var json = Flag("--json", "one JSON object a line: path, class, index, confidence, top, or path and error");
        var output = Text("--output", "FILE", "file to write; never left incomplete [standard output]");
        var resume = Flag("--resume", "resume or join the work for --output; start it if there is none");
        var settings = new SettingOptions<PredictOptions>(PredictOptions.Settings);
        var command = new Command("predict", """
            Classify pictures of any size with a trained model.

            Prints one line a picture, in order; a damaged picture gets a line with the error.
            With --resume finished pictures, known by their names, are kept in OUTPUT.work: after a stop or a kill, the
            same command continues. While it runs, other processes with the same command share the work, on any machine
            that sees the folder; so do those that mpirun starts, without --resume.
            Exit codes: 0 done, 1 a picture was damaged, 2 bad input, 130 and 143 stopped.

            Examples:
              arow predict runs/photos cat.jpg dog.jpg
              arow predict runs/photos incoming/ --json --output predictions.jsonl
              find . -name '*.jpg' | arow predict runs/photos --from-file - --abstain-below 0.6
              arow predict runs/photos cat.jpg --withstands 8/255
            """) { model, paths, list, json, output, resume };
        MessageOptions.AddTo(command);
        settings.AddTo(command);
        command.SetAction(parsed => StopSignals.RunCancellable(signals => ProcessJob.Share(parsed.Tokens.Select(t => t.Value), group =>
        {
            var request = group.Together(Read);
            ArowRuntime.Initialize();
            if (request.Options.Threads is { } limit) TorchSharp.torch.set_num_threads(limit);
            return Predict(request, group, signals);

            Request Read()
            {
                var problems = new List<string>();
                var options = settings.Read(parsed, new PredictOptions(), problems);
                problems.AddRange(options.Validate("--"));
                var (file, from, resumes) = (parsed.GetValue(output), parsed.GetValue(list), parsed.GetValue(resume));
                if (file is not null && OutputPath.ValidateFile(file) is { } fault) problems.Add($"{output.Name} {file} {fault}");
                var given = parsed.GetValue(paths)!;
                if (given.Length == 0 && from is null) problems.Add("nothing to classify: give pictures, folders, or --from-file");
                foreach (var missing in given.Where(path => !Path.Exists(path))) problems.Add($"{missing}: no such file or folder");
                if (from is not null and not "-" && !File.Exists(from)) problems.Add($"{list.Name} {from}: no such file");
                var isShared = resumes || !group.IsSingle;
                if (isShared && file is null) problems.Add(resumes ? $"{resume.Name} needs {output.Name}" : $"{group.Size} processes need {output.Name}");
                if (isShared && from == "-")
                    problems.Add($"{list.Name} -: standard input cannot be read again by {(resumes ? resume.Name : $"{group.Size} processes")}; give a file");
                var work = file is null ? null : new SharedWork(file, resumes, group);
                if ((isShared ? work?.Validate() : work?.ValidateUnshared()) is { } occupied) problems.Add(occupied);
                if (problems.Count > 0) throw new InputException(string.Join("; ", problems));
                return new Request(parsed.GetValue(model)!, options, given, from, parsed.GetValue(json), file,
                    isShared ? work : null);
            }
        })));
        return command;
    }

    /// <summary>A validated request.</summary>
    private sealed record Request(
        string Model, PredictOptions Options, string[] Paths, string? List, bool IsJson, string? Output, SharedWork? Work)
    {
        public string Format(NamedPrediction prediction) => IsJson ? FormatJson(prediction) : FormatText(prediction, Options.Threat?.Size);
    }

    private static int Predict(Request request, ProcessGroup group, StopSignals signals)
    {
        var options = request.Options;
        using var predictor = Predictor.Open(request.Model, options.PredictorOptions with
        {
            BatchSize = options.BatchSize,
            Top = options.Top,
            AbstainBelow = options.AbstainBelow,
            AttackThreatModel = options.Threat,
        });
        foreach (var remark in predictor.Remarks.Where(remark => options.Threat is not null || remark != predictor.AttackRemark))
            Messages.Warn(remark);
        if (!predictor.AreClassesNamed) Messages.Warn(
            $"{request.Model}: has no class names; classes are the indices of its outputs (--class-names names them)");
        var (done, damaged, resized, several) = (0, 0, 0, 0);
        var line = new ProgressLine();
        using var pictures = new PictureFiles(request.Paths.Concat(ReadPaths(request.List))) { OnWarning = warning => Messages.Warn(warning) };
        signals.Left = request.Work is not null ? "finished pictures are kept: the same command with --resume continues"
            : request.Output is null ? "what is printed is complete; the other pictures were not classified" : signals.Left;
        if (request.Work is not null) Share(request.Work);
        else if (request.Output is null) WriteTo(Console.Out, Counted(Lines()));
        else WriteFile(Counted(Lines()));
        if (resized > 0) Messages.Warn(
            $"{(resized == 1 ? "1 picture of another size was" : $"{resized} pictures of other sizes were")} resized to "
                + $"{predictor.Input.Width}x{predictor.Input.Height}: rotated upright, center-cropped and averaged, as 'arow data resize' "
                + "does");
        if (several > 0) Messages.Warn(
            $"{(several == 1 ? "1 file holds" : $"{several} files hold")} several pictures (an animation, or pages), of which only the first was classified");
        if (damaged > 0) Messages.Error($"arow: {(damaged == 1 ? "1 picture" : $"{damaged} pictures")} could not be classified");
        return damaged > 0 ? 1 : 0;

        IEnumerable<PredictedLine> Lines() =>
            predictor.Predict(pictures.Enumerate(), signals.Token).Select(p => PredictedLine.From(p, request.Format(p)));

        void Share(SharedWork work)
        {
            using (work)
            {
                List<string> paths = [.. request.Paths.Concat(ReadPaths(request.List))];
                using var shared = new SharedPrediction(
                    predictor, options.BatchSize, [.. pictures.Enumerate().Select(picture => picture.Name)], paths, request.Format);
                var journal = work.Open(shared.Identify(RunFolder.ResolveWeights(request.Model), request.IsJson, options));
                if (work.IsShared) Messages.Note("another process is at work here: each computes batches that no other has");
                if (work.WasDone) Messages.Note($"{request.Output} is complete already: no picture is classified again (without --resume, all are)");
                List<PredictedLine> lines = [.. Counted(shared.Run(journal, signals.Token))];
                Messages.Erase();
                if (!work.Write(() => WriteFile(lines), signals.Token) && !work.WasDone)
                    Messages.Note($"{request.Output}: written by the process that ended first");
            }
        }

        void WriteFile(IEnumerable<PredictedLine> lines) => AtomicFile.Write(request.Output!, file =>
        {
            using var writer = new StreamWriter(file, leaveOpen: true);
            WriteTo(writer, lines);
        });

        void WriteTo(TextWriter writer, IEnumerable<PredictedLine> lines)
        {
            foreach (var predicted in lines)
            {
                // On a terminal a line of the table is broken between words; JSON is for programs.
                if (writer == Console.Out && !request.IsJson) Results.Write(predicted.Text);
                else writer.WriteLine(predicted.Text);
            }
            if (request.Output is not null) Messages.Erase();
            writer.Flush();
        }

        IEnumerable<PredictedLine> Counted(IEnumerable<PredictedLine> lines)
        {
            foreach (var predicted in lines)
            {
                if (predicted.IsDamaged) damaged++;
                if (predicted.IsResized) resized++;
                if (predicted.IsFirstOfSeveral) several++;
                done++;
                if (request.Output is not null) line.Update(_ => $"{done} pictures");
                yield return predicted;
            }
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
