using System.Text.Json;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Evaluation;
using Arow.Models;

namespace Arow.Analysis;

/// <summary>A model to analyse.</summary>
/// <param name="Weights">The file.</param>
/// <param name="Architecture">The architecture; null to read it from the file.</param>
/// <param name="Key">The key of a state dict in a PyTorch checkpoint; null for the usual one.</param>
/// <param name="Normalization">The normalization of its input; null to read it from the file.</param>
public sealed record AnalysedModel(
    string Weights, string? Architecture = null, string? Key = null, Normalization? Normalization = null)
{
    /// <summary>Names of its outputs, in order; null to read them from the file, or to assume the order of the images' classes.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }
}

/// <summary>The results of an analysis.</summary>
/// <param name="Summary">The numbers.</param>
/// <param name="Rows">A row for each image.</param>
/// <param name="OtherRows">The rows of the second model, in the same order; null for none.</param>
/// <param name="Surface">The loss surface; null if left out.</param>
public sealed record AnalysisResult(
    AnalysisSummary Summary, IReadOnlyList<AttackedImage> Rows, IReadOnlyList<AttackedImage>? OtherRows, LossSurface? Surface);

/// <summary>An analysis, from a model on disk to the results.</summary>
/// <param name="Model">The model.</param>
/// <param name="Attack">The name of an attack of the catalog.</param>
/// <param name="Threat">The perturbations.</param>
/// <param name="BatchSize">The batch size, which does not affect the results.</param>
/// <param name="Seed">The seed of the attacks and of the images that are drawn.</param>
public sealed record AnalysisRun(AnalysedModel Model, string Attack, ThreatModel Threat, int BatchSize, long Seed)
{
    private const int MostInSurface = 64;

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
    public WatchFolder? Watched { get; init; }

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
        var training = TrainingCourse.Of(Watched?.Read() ?? []);
        using var model = OpenWithGradients(Model, images);
        using var other = Against is null ? null : OpenWithGradients(Against, images);
        using var fast = model.Fold?.Invoke();
        using var otherFast = other?.Fold?.Invoke();
        using var few = images.Limit(Landscape == 0 ? 1 : Landscape, Seed);

        var (findings, rows) = Examine(model, fast, Model, images, few, "", stop);
        var (otherFindings, otherRows) = other is null ? (null, null) : Examine(other, otherFast, Against!, images, few, "against: ", stop);
        var surface = Landscape == 0 ? null : Surface(model, fast, few, rows, stop);
        var summary = new AnalysisSummary
        {
            N = images.Count,
            Split = NamedValue.Of(Split),
            Remarks = [.. model.Remarks, .. other?.Remarks ?? []],
            Attack = Made(Attack, Threat.Size).Name,
            Model = findings,
            Against = otherFindings,
            Comparison = otherRows is null ? null : GroupComparison.Of(rows, otherRows),
            CurveImages = Landscape == 0 ? 0 : few.Count,
            StepsOf = Landscape == 0 ? null : Stepped,
            Surface = surface is null ? null : SurfaceSummary.Of(surface),
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
    private string Stepped => Catalog.Attacks[Attack].Uses.Contains("steps") && Made(Attack, Threat.Size) is not IEnsemble ? Attack : "pgd20";

    private IAttack Made(string attack, Ratio epsilon, int? steps = null) =>
        Catalog.Find("attack", attack, Catalog.Attacks).Create(Threat with { Size = epsilon }, new AttackBudget(Steps: steps));

    private (ModelFindings Findings, IReadOnlyList<AttackedImage> Rows) Examine(
        LoadedModel model, FrozenView? fast, AnalysedModel which, ImageSet images, ImageSet few, string stage, CancellationToken stop)
    {
        var attack = Made(Attack, Threat.Size);
        var rows = new Examiner(Runner(model, fast, images)) { Progressed = Progressed, Stage = stage + attack.Name }.Attack(attack, stop);
        var findings = new ModelFindings(
            Subject(model, which, images), RiskBound.Of(rows), RobustnessGroups.Count(rows),
            ClassRobustness.Of(rows, model.Order?.Names ?? images.Classes));
        if (Landscape == 0) return (findings, rows);
        var curve = new AccuracyCurve(Runner(model, fast, few)) { Progressed = Progressed, Stage = stage };
        return (findings with
        {
            Epsilons = curve.OverEpsilon(Epsilons, epsilon => Made(Attack, epsilon), stop),
            Steps = curve.OverSteps(Steps, count => Made(Stepped, Threat.Size, count), stop),
        }, rows);
    }

    private AttackRunner Runner(LoadedModel model, FrozenView? fast, ImageSet images) =>
        new(model.Classifier, images, BatchSize, Seed) { FastClassifier = fast?.Classifier };

    /// <summary>Shows one image of each group, the median among those that are correctly classified without an attack.</summary>
    private LossSurface Surface(LoadedModel model, FrozenView? fast, ImageSet few, IReadOnlyList<AttackedImage> rows, CancellationToken stop)
    {
        using var mean = few.Limit(MostInSurface, Seed + 1);
        var known = rows.ToDictionary(r => r.Index);
        List<AttackedImage> there = [.. mean.Indices.cpu().data<long>().ToArray().Select(i => known[i]).Where(r => r.Right)];
        long[] shown = [.. RobustnessGroups.All.Select(g => there.Where(r => r.Group == g).OrderBy(r => r.Q).ToList())
            .Where(g => g.Count > 0).Select(g => g[g.Count / 2].Index)];
        return LossSurface.Of(Runner(model, fast, mean), shown, Made(Attack, Threat.Size), Seed, progressed: Progressed, stop: stop);
    }

    private EvaluationSubject Subject(LoadedModel model, AnalysedModel which, ImageSet images) => new(
        model.Name, which.Weights, EvaluationRun.Hash(which.Weights),
        model.Notes.GetValueOrDefault("objective"), model.Notes.GetValueOrDefault("selected_on"),
        images.Name, NamedValue.Of(Threat.Norm), Threat.Size.Text, Seed)
    {
        DataSha256 = DataIdentity.Hash(images), Randomness = "keyed", BatchSize = BatchSize, Protocol = Made(Attack, Threat.Size).Name,
    };

    private LoadedModel OpenWithGradients(AnalysedModel which, ImageSet images)
    {
        var model = Open(new ModelSource(
            which.Weights, new InputShape(images.Channels, images.Height, images.Width), images.Classes.Count)
        {
            Architecture = which.Architecture, Key = which.Key, Normalization = which.Normalization, Device = images.Images.device,
            ImageClasses = images.Classes, OutputClasses = which.ClassNames,
        });
        using var scope = NewDisposeScope();
        if (model.Access == Access.Gradients && Reach.Of(model.Classifier, ImageSet.Pixels(images.Images[..1]))) return model;
        model.Dispose();
        throw new InputException($"{which.Weights}: has no gradients, which an analysis requires; 'arow evaluate' has attacks without gradients");
    }
}
