using System.Text.Json;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Evaluation;
using Arow.Evaluation.Checks;
using Arow.Models;
using Arow.Models.Execution;
using Arow.Registry;
using Arow.Runtime;

namespace Arow.Analysis;

/// <summary>A model to analyse.</summary>
/// <param name="Weights">The file.</param>
/// <param name="Architecture">The architecture; null to read it from the file.</param>
/// <param name="Key">The key of a state dict in a PyTorch checkpoint; null for the usual one.</param>
/// <param name="Normalization">The normalization of its input; null to read it from the file.</param>
internal sealed record AnalysedModel(
    string Weights, string? Architecture = null, string? Key = null, Normalization? Normalization = null)
{
    /// <summary>Names of its outputs, in order; null to read them from the file, or to assume the order of the images' classes.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>The output that is the logits, of several; null to find it by its shape.</summary>
    public string? OutputName { get; init; }
}

/// <summary>The results of an analysis.</summary>
/// <param name="Summary">The numbers.</param>
/// <param name="Rows">A row for each image.</param>
/// <param name="OtherRows">The rows of the second model, in the same order; null for none.</param>
/// <param name="Surface">The loss surface; null if left out.</param>
internal sealed record AnalysisResult(
    AnalysisSummary Summary, IReadOnlyList<AttackedImage> Rows, IReadOnlyList<AttackedImage>? OtherRows, LossSurface? Surface);

/// <summary>An analysis, from a model on disk to the results.</summary>
/// <param name="Model">The model.</param>
/// <param name="Attack">The name of an attack of the catalog.</param>
/// <param name="Threat">The perturbations.</param>
/// <param name="BatchSize">The batch size, which does not affect the results.</param>
/// <param name="Seed">The seed of the attacks and of the images that are drawn.</param>
internal sealed record AnalysisRun(AnalysedModel Model, string Attack, ThreatModel Threat, int BatchSize, long Seed)
{
    private const int MaximumSurfaceImages = 64;

    /// <summary>A second model to compare with; null for none.</summary>
    public AnalysedModel? Against { get; init; }

    /// <summary>The split of the data set.</summary>
    public Split Split { get; init; } = Split.Test;

    /// <summary>Number of images of the curves and the loss surface, drawn by the seed; 0 to leave them out.</summary>
    public int Landscape { get; init; }

    /// <summary>The values of ε of the accuracy curve.</summary>
    public IReadOnlyList<Ratio> Epsilons { get; init; } = [];

    /// <summary>The numbers of steps of the accuracy curve.</summary>
    public IReadOnlyList<int> Steps { get; init; } = [];

    /// <summary>The images that training probed; null for none.</summary>
    public ProbeFolder? Probes { get; init; }

    /// <summary>Opens models.</summary>
    public Func<ModelSource, LoadedModel> Open { get; init; } = ModelFile.Open;

    /// <summary>Called after every batch.</summary>
    public Action<AnalysisProgress>? Progressed { get; init; }

    /// <summary>Runs the analysis; writes no files.</summary>
    /// <param name="images">The images of the split; the caller disposes them.</param>
    /// <param name="stop">Cancels before the next call of a classifier.</param>
    /// <exception cref="InputException">A model is damaged, expects other images or has no gradients.</exception>
    /// <exception cref="InvalidOperationException">The bound does not hold, or an attack violates its threat model.</exception>
    public AnalysisResult Execute(ImageSet images, CancellationToken stop = default)
    {
        DataInspection.RequireTwoClasses(images);
        // Errors in the probed images or in a model are reported before any work.
        var training = TrainingCourse.Compute(Probes?.Read() ?? []);
        using var model = OpenWithGradients(Model, images);
        using var other = Against is null ? null : OpenWithGradients(Against, images);
        using var fast = model.CreateFastForm?.Invoke();
        using var otherFast = other?.CreateFastForm?.Invoke();
        using var landscapeImages = images.Limit(Landscape == 0 ? 1 : Landscape, Seed);

        var (findings, rows) = AnalyzeModel(model, fast, Model, images, landscapeImages, "", stop);
        var (otherFindings, otherRows) = other is null ? (null, null)
            : AnalyzeModel(other, otherFast, Against!, images, landscapeImages, "against: ", stop);
        var surface = Landscape == 0 ? null : Surface(model, fast, landscapeImages, rows, stop);
        var summary = new AnalysisSummary
        {
            N = images.Count,
            Split = EnumName.ToName(Split),
            Remarks = [.. model.Remarks, .. other?.Remarks ?? []],
            Attack = CreateAttack(Attack, Threat.Size).Name,
            Model = findings,
            Against = otherFindings,
            Comparison = otherRows is null ? null : GroupComparison.Compare(rows, otherRows),
            CurveImages = Landscape == 0 ? 0 : landscapeImages.Count,
            StepsOf = Landscape == 0 ? null : SteppedAttack,
            Surface = surface is null ? null : SurfaceSummary.FromSurface(surface),
            Training = training,
            Provenance = JsonSerializer.SerializeToElement(Provenance.ToJson(), AnalysisJson.Default.JsonObject),
            Rows = "rows.tsv",
        };
        return new AnalysisResult(summary, rows, otherRows, surface);
    }

    /// <summary>
    /// The attack whose steps are varied: the analysis's attack if it has steps, otherwise PGD. An ensemble with other steps
    /// would be another ensemble.
    /// </summary>
    private string SteppedAttack =>
        Catalog.Attacks[Attack].Uses.Contains("steps") && CreateAttack(Attack, Threat.Size) is not IEnsemble ? Attack : "pgd20";

    private IAttack CreateAttack(string attack, Ratio epsilon, int? steps = null) =>
        Catalog.Find("attack", attack, Catalog.Attacks).Create(Threat with { Size = epsilon }, new AttackBudget(Steps: steps));

    private (ModelFindings Findings, IReadOnlyList<AttackedImage> Rows) AnalyzeModel(
        LoadedModel model, FrozenView? fast, AnalysedModel source, ImageSet images, ImageSet landscapeImages, string stage, CancellationToken stop)
    {
        var attack = CreateAttack(Attack, Threat.Size);
        var rows = new RobustnessAnalyzer(Runner(model, fast, images)) { Progressed = Progressed, Stage = stage + attack.Name }.Analyze(attack, stop);
        var findings = new ModelFindings(
            Subject(model, source, images), RiskBound.Compute(rows), RobustnessGroups.Summarize(rows),
            ClassRobustness.Compute(rows, model.OutputOrder?.Names ?? images.Classes));
        if (Landscape == 0) return (findings, rows);
        var curve = new AccuracyCurve(Runner(model, fast, landscapeImages)) { Progressed = Progressed, Stage = stage };
        return (findings with
        {
            Epsilons = curve.OverEpsilon(Epsilons, epsilon => CreateAttack(Attack, epsilon), stop),
            Steps = curve.OverSteps(Steps, count => CreateAttack(SteppedAttack, Threat.Size, count), stop),
        }, rows);
    }

    private AttackRunner Runner(LoadedModel model, FrozenView? fast, ImageSet images) =>
        new(model.Classifier, images, BatchSize, Seed) { FastClassifier = fast?.Classifier };

    /// <summary>Shows one image of each group, the median among those that are correctly classified without an attack.</summary>
    private LossSurface Surface(LoadedModel model, FrozenView? fast, ImageSet landscapeImages, IReadOnlyList<AttackedImage> rows,
        CancellationToken stop)
    {
        using var mean = landscapeImages.Limit(MaximumSurfaceImages, Seed + 1);
        var known = rows.ToDictionary(r => r.Index);
        List<AttackedImage> candidates = [.. mean.Indices.cpu().data<long>().ToArray().Select(i => known[i]).Where(r => r.IsCorrect)];
        long[] shown = [.. RobustnessGroups.All.Select(g => candidates.Where(r => r.Group == g).OrderBy(r => r.Q).ToList())
            .Where(g => g.Count > 0).Select(g => g[g.Count / 2].Index)];
        return LossSurface.Compute(Runner(model, fast, mean), shown, CreateAttack(Attack, Threat.Size), Seed, progressed: Progressed, stop: stop);
    }

    private EvaluationSubject Subject(LoadedModel model, AnalysedModel source, ImageSet images) => new(
        model.Name, source.Weights, EvaluationRun.HashFile(source.Weights),
        model.Metadata.GetValueOrDefault("objective"), model.Metadata.GetValueOrDefault("selected_on"),
        images.Name, EnumName.ToName(Threat.Norm), Threat.Size.Text, Seed)
    {
        DataSha256 = DataIdentity.ComputeHash(images), Randomness = "keyed", BatchSize = BatchSize, Protocol = CreateAttack(Attack, Threat.Size).Name,
    };

    private LoadedModel OpenWithGradients(AnalysedModel source, ImageSet images)
    {
        var model = Open(new ModelSource(
            source.Weights, new InputShape(images.Channels, images.Height, images.Width), images.Classes.Count)
        {
            Architecture = source.Architecture, Key = source.Key, Normalization = source.Normalization, Device = images.Images.device,
            ImageClassNames = images.Classes, OutputClassNames = source.ClassNames, OutputName = source.OutputName,
        });
        using var scope = NewDisposeScope();
        if (model.Access == Access.Gradients && GradientCheck.HasGradient(model.Classifier, ImageSet.ToPixels(images.Images[..1]))) return model;
        model.Dispose();
        throw new InputException($"{source.Weights}: has no gradients, which an analysis requires"
            + $"{(model.AccessReason is { } reason ? $": {reason}" : "")}; {Wording.Current.Evaluation()} has attacks without gradients");
    }
}
