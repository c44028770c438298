using System.Text.Json;
using Arow.Evaluation;
using Arow.Options;
using Arow.Training;

namespace Arow.Reports;

/// <summary>Report of a training run: its course, its result and its options.</summary>
internal static class TrainingReport
{
    private const string NotEvaluated = "NOT EVALUATED: the selected weights have not been evaluated on test images.";

    /// <summary>Creates the report.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="epochs">The log; may be empty.</param>
    /// <param name="provenance">Versions and the machine; null if unknown.</param>
    /// <param name="summary">The evaluation of the selected weights; null if there is none.</param>
    /// <param name="rows">Rows of the evaluation; may be empty.</param>
    /// <param name="examples">Adversarial images, if any were drawn.</param>
    /// <param name="measured">All evaluated weights of the run, the selected ones first.</param>
    public static Report Create(
        TrainingOptions options, IReadOnlyList<EpochRecord> epochs, JsonElement? provenance = null,
        EvaluationSummary? summary = null, IReadOnlyList<SampleResult>? rows = null, PngFigure? examples = null,
        IReadOnlyList<MeasuredWeights>? measured = null) => new(
        $"{options.Model} trained with {options.Objective} on {options.Dataset}",
        [
            .. CreateLimitBanner(options),
            .. CreateProcessesNote(provenance),
            .. summary is null ? CreateNotEvaluatedBanners(options) : EvaluationReport.Body(summary, rows ?? [], examples),
            .. CreateWeightsSection(measured ?? []),
            .. CreateCurves(options, epochs),
            new Heading("Options"),
            new Paragraph("All options that determine the result; options that are not listed have the default of the model, the objective or the "
                + "data set."),
            new Table(["option", "value"],
                [.. Settings.All.Where(s => s.Get(options) is not null).Select(s => (IReadOnlyList<string>)[s.Name, s.Get(options)!])],
                Numbers: false),
            .. summary is null ? [] : (IBlock[])[new Heading("Weights"), Weights(summary)],
            .. provenance is { } p ? (IBlock[])[new Heading("Versions and machine"), ReportFormat.Provenance(p)] : [],
        ]);

    /// <summary>Creates the report of a run folder, as far as the run is done.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="examples">Adversarial images, if any were drawn.</param>
    /// <param name="measured">Evaluation of the selected weights; null for the run's own.</param>
    /// <exception cref="InputException">The folder contains no run, or a damaged one.</exception>
    public static Report FromFolder(RunFolder folder, PngFigure? examples = null, EvaluationFolder? measured = null)
    {
        var options = RunFile.Read(folder.RunFile, []);
        using var run = RunFile.Open(folder.RunFile, "run file");
        JsonElement? provenance = run.RootElement.TryGetProperty("provenance", out var p) ? p.Clone() : null;
        var evaluation = measured ?? new EvaluationFolder(folder.Evaluation);
        if (!File.Exists(evaluation.Summary)) return Create(options, folder.ReadLog(), provenance, examples: examples);
        var (summary, rows) = evaluation.Read();
        return Create(options, folder.ReadLog(), provenance, summary, rows, examples, measured is null ? MeasuredWeights.Read(folder) : []);
    }

    /// <summary>Creates the report of a run that is not done.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="state">How far it is.</param>
    /// <exception cref="InputException">The folder contains no run, or a damaged one.</exception>
    public static Report Underway(RunFolder folder, string state)
    {
        var report = Create(RunFile.Read(folder.RunFile, []), folder.ReadLog());
        return report with { Blocks = [new Banner(state), .. report.Blocks.Where(b => b is not Banner { Text: NotEvaluated })] };
    }

    private static IEnumerable<IBlock> CreateWeightsSection(IReadOnlyList<MeasuredWeights> measured)
    {
        if (WeightsTable.Create(measured) is not { } table) yield break;
        yield return new Heading("Weights, and the generalization gap");
        if (measured.Select(m => m.Training?.N).FirstOrDefault(n => n is not null) is { } n)
        {
            yield return new Paragraph(
                $"The gap is robust accuracy on {ReportFormat.Count(n)} of the training images, without augmentation and under the same attack, "
                    + "minus that on the test images, in points.");
        }
        yield return table;
    }

    private static IEnumerable<IBlock> CreateLimitBanner(TrainingOptions options)
    {
        if (options.LimitTrain is not { } limit) yield break;
        yield return new Banner(
            $"LIMITED TRAINING: {ReportFormat.Count(limit)} training images drawn by seed {options.Seed}"
            + (options.SelectOn == SelectOn.Validation ? ", including those set aside for validation." : "."));
    }

    /// <summary>With batch norm over parts, several processes are another method than one.</summary>
    private static IEnumerable<IBlock> CreateProcessesNote(JsonElement? provenance)
    {
        var isOtherMethod = false;
        if (provenance is not { } p || ProcessesStamp.Describe(p, out isOtherMethod) is not { } note) yield break;
        yield return isOtherMethod ? new Banner($"BATCH NORM OVER PARTS OF BATCHES. {note}") : new Paragraph(note);
    }

    private static IEnumerable<IBlock> CreateNotEvaluatedBanners(TrainingOptions options)
    {
        if (EvaluationBanners.DescribeSelection(EnumName.ToName(options.SelectOn)) is { } selection) yield return new Banner(selection);
        yield return new Banner(NotEvaluated);
    }

    private static IEnumerable<IBlock> CreateCurves(TrainingOptions options, IReadOnlyList<EpochRecord> epochs)
    {
        if (epochs.Count == 0) yield break;
        yield return new Heading("Training");
        double[] places = [.. epochs.Select(e => (double)e.Epoch)];
        int? selectedEpoch = epochs.LastOrDefault(e => e.Selected)?.Epoch;
        yield return new Paragraph(
            $"{ReportFormat.Count(epochs.Count)} epochs, {ReportFormat.Count(epochs[^1].Steps)} steps. "
            + (selectedEpoch is null ? "No weights were selected. "
                : $"The weights are those of epoch {selectedEpoch}, {DescribeSelection(options.SelectOn)}. ")
            + "Solid lines: accuracy on the images of the selection; dashed: on the training batches.");

        Line[] accuracies =
        [
            new("clean", [.. epochs.Select(e => e.SelectionClean)], Colour: 0),
            new("robust", [.. epochs.Select(e => e.SelectionRobust)], Colour: 1),
            new("robust, not averaged", [.. epochs.Select(e => e.UnaveragedRobust)], Colour: 2),
            new("clean, training", [.. epochs.Select(e => e.TrainClean)], Colour: 0, Dashed: true),
            new("robust, training", [.. epochs.Select(e => e.TrainRobust)], Colour: 1, Dashed: true),
        ];
        yield return new SvgFigure("accuracy", "Accuracy after each epoch.", LineChart.RenderSvg(
            "Accuracy after each epoch", "accuracy", places, [.. accuracies.Where(l => l.Values.Any(v => v is not null))], shares: true, selectedEpoch));
        yield return new SvgFigure("loss", "Mean loss of each epoch, not comparable between objectives.", LineChart.RenderSvg(
            "Loss of each epoch", "mean loss", places, [new Line("loss", [.. epochs.Select(e => (double?)e.Loss)], Colour: 2)], shares: false, selectedEpoch));
        var probed = epochs.Where(e => e.Bound is not null).ToList();
        if (probed.Count > 0)
        {
            var (set, n) = (probed[0].Bound!.Set, probed[0].Bound!.N);
            (string Name, Func<EpochBound, double> Of)[] risks =
                [("R_nat", b => b.Natural), ("R_rob", b => b.Robust), ("ARoW's bound", b => b.Arow), ("its smooth form", b => b.Smooth),
                    ("TRADES' bound", b => b.Trades)];
            yield return new SvgFigure("bound",
                $"The risks under PGD-10 and their bounds on {ReportFormat.Count(n)} {set} images; see {Wording.Current.Analysis} for details.",
                LineChart.RenderSvg("The risks and their bounds", "share of the images", [.. probed.Select(e => (double)e.Epoch)],
                [.. risks.Select((r, i) => new Line(r.Name, [.. probed.Select(e => (double?)r.Of(e.Bound!))], i, Dashed: i >= 3))], shares: true));
        }
        yield return new SvgFigure("rate", "Learning rate at the end of each epoch.", LineChart.RenderSvg(
            "Learning rate", "learning rate", places, [new Line("learning rate", [.. epochs.Select(e => (double?)e.LearningRate)], Colour: 3)], shares: false));
    }

    private static string DescribeSelection(SelectOn selectOn) => selectOn switch
    {
        SelectOn.Validation => "selected by robust accuracy (PGD-10) on validation images, or by clean accuracy if training has no attack",
        SelectOn.Test => "selected by accuracy on TEST images",
        _ => "the last",
    };

    private static Table Weights(EvaluationSummary summary) => new(["what", "value"],
    [
        ["weights", summary.Subject.Weights],
        ["SHA-256", summary.Subject.WeightsSha256],
        ["selected on", summary.Subject.SelectedOn ?? "unknown"],
        ["evaluated with seed", $"{summary.Subject.Seed}"],
        ["a row for each image", summary.Rows],
    ], Numbers: false);
}
