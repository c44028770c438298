using System.Text.Json;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Evaluation;
using Arow.Models;

namespace Arow.Analysis;

/// <summary>A model that is to be analysed.</summary>
/// <param name="Weights">Its file.</param>
/// <param name="Architecture">Its name; null to take the file's word.</param>
/// <param name="Key">Which state dict of a PyTorch checkpoint; null for the usual one.</param>
/// <param name="Normalization">What it expects to be done to pixels first; null to take the file's word.</param>
public sealed record AnalysedModel(
    string Weights, string? Architecture = null, string? Key = null, Normalization? Normalization = null)
{
    /// <summary>Names of its outputs, in order; null to take the file's word, or else the order of the images' classes.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }
}

/// <summary>An analysis: the numbers, and what they come from.</summary>
/// <param name="Summary">The numbers.</param>
/// <param name="Rows">A row for each image.</param>
/// <param name="OtherRows">Those of the model that it is held against, in the same order; null for none.</param>
/// <param name="Surface">The loss surface; null if that was not asked for.</param>
public sealed record AnalysisResult(
    AnalysisSummary Summary, IReadOnlyList<AttackedImage> Rows, IReadOnlyList<AttackedImage>? OtherRows, LossSurface? Surface);

/// <summary>A whole analysis, from a model on disk to what is known of it.</summary>
/// <param name="Model">What is analysed.</param>
/// <param name="Attack">A name of the Catalog.</param>
/// <param name="Threat">The perturbations.</param>
/// <param name="BatchSize">Images at a time; no influence on the result.</param>
/// <param name="Seed">Of the attacks and of the images that are drawn.</param>
public sealed record AnalysisRun(AnalysedModel Model, string Attack, ThreatModel Threat, int BatchSize, long Seed)
{
    private const int MostInSurface = 64;

    /// <summary>The model that it is held against; null for none.</summary>
    public AnalysedModel? Against { get; init; }

    /// <summary>Which half of the data set the images are of.</summary>
    public Split Split { get; init; } = Split.Test;

    /// <summary>Images of the curves and the loss surface, drawn by the seed; 0 to do without.</summary>
    public int Landscape { get; init; }

    /// <summary>The sizes of perturbations to measure accuracy at.</summary>
    public IReadOnlyList<Ratio> Epsilons { get; init; } = [];

    /// <summary>The numbers of steps to measure accuracy at.</summary>
    public IReadOnlyList<int> Steps { get; init; } = [];

    /// <summary>What training watched; null for nothing.</summary>
    public WatchFolder? Watched { get; init; }

    /// <summary>What opens models.</summary>
    public Func<ModelSource, LoadedModel> Open { get; init; } = ModelFile.Open;

    /// <summary>Told after every batch.</summary>
    public Action<AnalysisProgress>? Progressed { get; init; }

    /// <summary>Analyses; nothing is written.</summary>
    /// <param name="images">Of the split; disposed by their owner.</param>
    /// <param name="stop">Asks for a stop, heeded the next time that a classifier is asked.</param>
    /// <exception cref="InputException">A model is not right, takes other images or gives no gradients.</exception>
    /// <exception cref="InvalidOperationException">The bound does not hold, or an attack left its threat model.</exception>
    public AnalysisResult Execute(ImageSet images, CancellationToken stop = default)
    {
        DataInspection.RequireTwoClasses(images);
        // Whatever is wrong with the record or with a model comes out before any work.
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

    /// <summary>The attack whose steps are varied: this one where it has some, otherwise PGD. An ensemble with other steps is another one.</summary>
    private string Stepped => Catalog.Attacks[Attack].Uses.Contains("steps") && Made(Attack, Threat.Size) is not IEnsemble ? Attack : "pgd20";

    private IAttack Made(string attack, Ratio epsilon, int? steps = null) =>
        Catalog.Find("attack", attack, Catalog.Attacks).Create(Threat with { Size = epsilon }, new AttackBudget(Steps: steps));

    private (ModelFindings Findings, IReadOnlyList<AttackedImage> Rows) Examine(
        LoadedModel model, FrozenView? fast, AnalysedModel which, ImageSet images, ImageSet few, string stage, CancellationToken stop)
    {
        var attack = Made(Attack, Threat.Size);
        var rows = new Examiner(Runner(model, fast, images)) { Progressed = Progressed, Stage = stage + attack.Name }.Attack(attack, stop);
        var findings = new ModelFindings(Subject(model, which, images), RiskBound.Of(rows), RobustnessGroups.Count(rows), ClassRobustness.Of(rows, model.Order?.Names ?? images.Classes));
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

    /// <summary>Shows one image of each group, that of the middle among those that are right as they are.</summary>
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
        throw new InputException($"{which.Weights}: gives no gradients, which an analysis needs; 'arow evaluate' has attacks that do without");
    }
}
