using System.Text.Json;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Evaluation;
using Arow.Evaluation.Checks;
using Arow.Models.Execution;
using Arow.Options;
using Arow.Registry;
using Arow.Runtime;

namespace Arow.Analysis;

/// <summary>The results of an analysis.</summary>
/// <param name="Summary">The numbers.</param>
/// <param name="Rows">A row for each image.</param>
/// <param name="OtherRows">The rows of the second model, in the same order; null for none.</param>
/// <param name="Surface">The loss surface; null if left out.</param>
internal sealed record AnalysisResult(
    AnalysisSummary Summary, IReadOnlyList<AttackedImage> Rows, IReadOnlyList<AttackedImage>? OtherRows, LossSurface? Surface)
{
    /// <summary>Names of classes and files for the rows; null for none.</summary>
    public RowNames? Names { get; init; }

    /// <summary>Paths of the images by index in the whole set; null if they were no files.</summary>
    public IReadOnlyList<string>? Files { get; init; }

    /// <summary>The least robust group that has images, and their paths, the least robust first; none if they were no files.</summary>
    public (RobustnessGroup Group, IReadOnlyList<string> Files) LeastRobust
    {
        get
        {
            var group = RobustnessGroups.All.FirstOrDefault(group => Rows.Any(row => row.Group == group));
            return (group, Files is null ? []
                : [.. Rows.Where(row => row.Group == group).OrderBy(row => row.Q).Select(row => Files[(int)row.Index])]);
        }
    }
}

/// <summary>An analysis, from a model on disk to the results.</summary>
/// <param name="Weights">The weights file of the model.</param>
/// <param name="Options">The options; its second model is a file. Images are passed separately, of any data set.</param>
internal sealed record AnalysisRun(string Weights, AnalysisOptions Options)
{
    private const int MaximumSurfaceImages = 64;

    /// <summary>The images that training probed; null for none.</summary>
    public ProbeFolder? Probes { get; init; }

    /// <summary>Opens models.</summary>
    public Func<ModelSource, LoadedModel> Open { get; init; } = ModelFile.Open;

    /// <summary>Observes the analysis; null for nobody.</summary>
    public IAnalysisObserver? Observer { get; init; }

    /// <summary>Opens the journal of an analysis that is shared or resumed; null for none.</summary>
    public Func<EvaluationIdentity, EvaluationJournal>? OpenJournal { get; init; }

    /// <summary>Runs the analysis; writes no files but the journal, which its owner closes.</summary>
    /// <param name="images">The images of the split; the caller disposes them.</param>
    /// <param name="stop">Cancels before the next call of a classifier.</param>
    /// <exception cref="InputException">A model is damaged, expects other images or has no gradients.</exception>
    /// <exception cref="InvalidOperationException">The bound does not hold, or an attack violates its threat model.</exception>
    public AnalysisResult Execute(ImageSet images, CancellationToken stop = default)
    {
        DataInspection.RequireTwoClasses(images);
        // Errors in the probed images or in a model are reported before any work.
        var training = TrainingCourse.Compute(Probes?.Read() ?? []);
        using var model = OpenWithGradients(Options.CreateSource(Weights, images), images);
        using var other = Options.Against is { } against
            ? OpenWithGradients(ModelOptions.CreateSource(against, images, Options.AgainstArchitecture), images) : null;
        using var fast = model.CreateFastForm?.Invoke();
        using var otherFast = other?.CreateFastForm?.Invoke();
        using var landscapeImages = images.Limit(Math.Max(1, Options.Landscape), Options.Seed);

        var journal = OpenJournal?.Invoke(Identify(model, other, images));
        var stages = new AnalysisStages(journal);
        var (findings, rows) = AnalyzeModel(model, fast, Weights, images, landscapeImages, "", stages, stop);
        var (otherFindings, otherRows) = other is null ? (null, null)
            : AnalyzeModel(other, otherFast, Options.Against!, images, landscapeImages, "against: ", stages, stop);
        // One batch: what depends on its images is needed at every point.
        var surface = Options.Landscape == 0 ? null
            : stages.Run([[0]], _ => [Surface(model, fast, landscapeImages, rows, stop).ToLine()], stop)
                .Select(done => LossSurface.Parse(done.Lines[0])).Single();
        var summary = new AnalysisSummary
        {
            N = images.Count,
            Split = EnumName.ToName(Options.Split),
            Remarks =
            [.. model.Remarks, .. other?.Remarks ?? [],
                .. ((Finding?[])[OtherArchitectures.Find(model, images), other is null ? null : OtherArchitectures.Find(other, images, "against-model")])
                    .OfType<Finding>().Select(OtherArchitectures.ToRemark),
                .. journal?.Differences.Select(ComputeEnvironment.DescribeElsewhere) ?? []],
            Attack = CreateAttack(Options.Attack, Options.Threat.Size).Name,
            Model = findings,
            Against = otherFindings,
            Comparison = otherRows is null ? null : GroupComparison.Compare(rows, otherRows),
            CurveImages = Options.Landscape == 0 ? 0 : landscapeImages.Count,
            StepsOf = Options.Landscape == 0 ? null : SteppedAttack,
            Surface = surface is null ? null : SurfaceSummary.FromSurface(surface),
            Training = training,
            Provenance = JsonSerializer.SerializeToElement(Provenance.ToJson(), AnalysisJson.Default.JsonObject),
            Rows = "rows.tsv",
        };
        return new AnalysisResult(summary, rows, otherRows, surface)
        {
            Names = new RowNames(images, [.. summary.Model.Classes.Classes.Select(c => c.Name)]), Files = images.Origin?.Names,
        };
    }

    /// <summary>
    /// The attack whose steps are varied: the analysis's attack if it has steps, otherwise PGD. An ensemble with other steps
    /// would be another ensemble.
    /// </summary>
    private string SteppedAttack =>
        Catalog.Attacks[Options.Attack].Uses.Contains("steps") && CreateAttack(Options.Attack, Options.Threat.Size) is not IEnsemble
            ? Options.Attack : "pgd20";

    private IAttack CreateAttack(string attack, Ratio epsilon, int? steps = null) =>
        Catalog.Find("attack", attack, Catalog.Attacks).Create(Options.Threat with { Size = epsilon }, new AttackBudget(Steps: steps));

    private (ModelFindings Findings, IReadOnlyList<AttackedImage> Rows) AnalyzeModel(
        LoadedModel model, FrozenView? fast, string weights, ImageSet images, ImageSet landscapeImages, string stage, AnalysisStages stages,
        CancellationToken stop)
    {
        var attack = CreateAttack(Options.Attack, Options.Threat.Size);
        var rows = new RobustnessAnalyzer(Runner(model, fast, images))
        {
            Observer = Observer, Stage = stage + attack.Name, Stages = stages,
        }.Analyze(attack, stop);
        var findings = new ModelFindings(
            Subject(model, weights, images), RiskBound.Compute(rows), RobustnessGroups.Summarize(rows),
            ClassRobustness.Compute(rows, model.OutputOrder?.Names ?? images.Classes));
        if (Options.Landscape == 0) return (findings, rows);
        var curve = new AccuracyCurve(Runner(model, fast, landscapeImages)) { Observer = Observer, Stage = stage, Stages = stages };
        return (findings with
        {
            Epsilons = curve.OverEpsilon(Options.CurveEpsilons, epsilon => CreateAttack(Options.Attack, epsilon), stop),
            Steps = curve.OverSteps(
                Options.Steps ?? AnalysisOptions.DefaultSteps, count => CreateAttack(SteppedAttack, Options.Threat.Size, count), stop),
        }, rows);
    }

    /// <summary>What two analyses have in common whose batches have the same lines: all but paths and the machine.</summary>
    private EvaluationIdentity Identify(LoadedModel model, LoadedModel? other, ImageSet images) => new(
        [
            ["Arow", Provenance.Version],
            ["architecture", model.Name],
            ["weights (SHA-256)", EvaluationRun.HashFile(Weights)],
            ["against", other is null ? "none" : $"{other.Name} {EvaluationRun.HashFile(Options.Against!)}"],
            ["images", $"{images.Count}"],
            ["data (SHA-256)", DataIdentity.ComputeHash(images)],
            ["classes", string.Join(", ", images.Classes)],
            .. AnalysisSettings.All.Where(row => row.Name is not ("threads" or "data-dir" or "against"))
                .Select(row => new[] { row.Name, row.Get(Options) ?? "none" }),
        ])
    {
        Environment = ComputeEnvironment.Current(images.Device.type),
    };

    private AttackRunner Runner(LoadedModel model, FrozenView? fast, ImageSet images) =>
        new(model.Classifier, images, Options.BatchSize, Options.Seed)
        {
            FastClassifier = fast?.Classifier, Judge = model.Judge, Queried = () => Observer?.OnQuery(),
        };

    /// <summary>Shows one image of each group, the median among those that are correctly classified without an attack.</summary>
    private LossSurface Surface(LoadedModel model, FrozenView? fast, ImageSet landscapeImages, IReadOnlyList<AttackedImage> rows,
        CancellationToken stop)
    {
        using var mean = landscapeImages.Limit(MaximumSurfaceImages, Options.Seed + 1);
        var known = rows.ToDictionary(r => r.Index);
        List<AttackedImage> candidates = [.. mean.Indices.cpu().data<long>().ToArray().Select(i => known[i]).Where(r => r.IsCorrect)];
        long[] shown = [.. RobustnessGroups.All.Select(g => candidates.Where(r => r.Group == g).OrderBy(r => r.Q).ToList())
            .Where(g => g.Count > 0).Select(g => g[g.Count / 2].Index)];
        return LossSurface.Compute(
            Runner(model, fast, mean), shown, CreateAttack(Options.Attack, Options.Threat.Size), Options.Seed, observer: Observer, stop: stop);
    }

    private EvaluationSubject Subject(LoadedModel model, string weights, ImageSet images) => new(
        model.Name, weights, EvaluationRun.HashFile(weights),
        model.Metadata.GetValueOrDefault("objective"), model.Metadata.GetValueOrDefault("selected_on"),
        images.Name, EnumName.ToName(Options.Threat.Norm), Options.Threat.Size.Text, Options.Seed)
    {
        DataSha256 = DataIdentity.ComputeHash(images), Randomness = "keyed", BatchSize = Options.BatchSize,
        Protocol = CreateAttack(Options.Attack, Options.Threat.Size).Name,
    };

    private LoadedModel OpenWithGradients(ModelSource source, ImageSet images)
    {
        var model = Open(source);
        using var scope = NewDisposeScope();
        if (model.Access == Access.Gradients && GradientCheck.HasGradient(model.Classifier, ImageSet.ToPixels(images.Images[..1]))) return model;
        model.Dispose();
        throw new InputException($"{source.Path}: has no gradients, which an analysis requires"
            + $"{(model.AccessReason is { } reason ? $": {reason}" : "")}; {Wording.Current.Evaluation()} has attacks without gradients");
    }
}
