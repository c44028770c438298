using System.Globalization;
using System.Security.Cryptography;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Data;
using Arow.IO;
using Arow.Models;
using Arow.Models.Execution;
using Arow.Registry;

namespace Arow.Evaluation;

/// <summary>What an evaluation looked at and what it found.</summary>
/// <param name="Runner">The classifier, gone after the call that hands it over, the test images and how they were attacked.</param>
/// <param name="Attacks">In order, ensembles by their parts.</param>
/// <param name="Result">The rows.</param>
public sealed record EvaluationArtifacts(AttackRunner Runner, IReadOnlyList<IAttack> Attacks, EvaluationResult Result);

/// <summary>A whole evaluation, from weights on disk to a folder of results.</summary>
/// <param name="Weights">The weights file: what is measured is what is saved.</param>
/// <param name="Options">All else that decides it. Images are given, of whatever data set.</param>
public sealed record EvaluationRun(string Weights, EvaluationOptions Options)
{
    /// <summary>Goes on with the evaluation in the folder; begins it if there is none.</summary>
    public bool Resume { get; init; }

    /// <summary>Begins anew where <see cref="Resume"/> finds what cannot be gone on with; or else that is refused.</summary>
    public bool RestartIfUnusable { get; init; }

    /// <summary>What opens models.</summary>
    public Func<ModelSource, LoadedModel> Open { get; init; } = ModelFile.Open;

    /// <summary>Follows the evaluation; null for nobody.</summary>
    public IEvaluationObserver? Observer { get; init; }

    /// <summary>Measures the weights. Every batch that is done is kept in the folder, the results when all are.</summary>
    /// <param name="images">Test images; disposed by their owner.</param>
    /// <param name="folder">Where the results go.</param>
    /// <param name="stop">Asks for a stop, heeded the next time that the classifier is asked.</param>
    /// <exception cref="InputException">
    /// The weights are not right, take other images or show too little for the attacks; or what there is to go on with is
    /// another evaluation.
    /// </exception>
    public EvaluationSummary Execute(ImageSet images, EvaluationFolder folder, CancellationToken stop = default)
    {
        if (Options.Attacks.Count > 0) DataInspection.RequireTwoClasses(images);
        var source = new ModelSource(
            Weights, new InputShape(images.Channels, images.Height, images.Width), images.Classes.Count)
        {
            Architecture = Options.Architecture, Key = Options.Key, Normalization = Options.Normalization, Device = images.Images.device,
            ImageClassNames = images.Classes, OutputClassNames = Options.ClassNames,
        };
        using (var model = Open(source))
        using (var surrogate = OpenSurrogate(source))
        // A model may take images for classes that none of them is of.
        using (var namedImages = images.WithClasses(model.OutputOrder?.Names ?? images.Classes))
        {
            IAttack[] attacks = [.. Options.Attacks.Select(name =>
                Catalog.Find("attack", name, Catalog.Attacks).Create(Options.Threat, Options.Budget))];
            if (surrogate is not null)
                attacks = [.. IEnsemble.Flatten(attacks).Select(a => a.Needs == Access.Gradients ? new Transfer(a, surrogate.Classifier) : a)];
            if (attacks.FirstOrDefault(a => a.Needs < model.Access) is { } unsupported)
                throw new InputException(
                    $"{unsupported.Name} needs {DescribeAccess(unsupported.Needs)}, which {Weights} does not give; "
                        + $"{SuggestAttacks(Options.Threat, model.Access)}");

            var precision = SelectPrecision(model);
            using var fast = precision == Precision.Fast ? model.CreateFastForm!() : null;
            var hash = HashFile(Weights);
            var identity = EvaluationIdentity.Create(
                DescribeModel(model, surrogate), hash, images, attacks, Options with { Precision = precision });
            using var journal = folder.Open(identity, Resume, RestartIfUnusable);
            var runner = new AttackRunner(model.Classifier, namedImages, Options.BatchSize, Options.Seed)
            {
                FastClassifier = fast?.Classifier, Randomness = Options.Randomness,
                Queried = () => Observer?.OnQuery(),
            };
            var evaluator = new Evaluator(runner)
            {
                Access = model.Access, Quantize = Options.Quantize, StopBelow = Options.StopBelow, Check = true, Journal = journal,
                Progressed = progress => Observer?.OnProgress(progress),
            };
            var result = evaluator.Run(attacks, stop);
            var environmentNotes = journal.Differences.Select(difference => Finding.Note(
                "resumed-elsewhere", $"some batches were computed with {difference}, which it was begun with: margins may differ in their last "
                    + $"digits", "", []));
            result = result with
            {
                Findings =
                [.. model.Remarks.Concat(surrogate?.Remarks ?? []).Select(r => Finding.Note("model", r, "", [])), .. result.Findings,
                    .. environmentNotes]
            };

            var subject = new EvaluationSubject(
                model.Name, Weights, hash,
                model.Metadata.GetValueOrDefault("objective"), model.Metadata.GetValueOrDefault("selected_on"),
                images.Name, EnumName.ToName(Options.Threat.Norm), Options.Threat.Size.Text, Options.Seed)
            {
                DataSha256 = DataIdentity.ComputeHash(images), Randomness = EnumName.ToName(Options.Randomness), BatchSize = Options.BatchSize,
                Precision = EnumName.ToName(precision), Protocol = Protocol.Name(attacks, Options.Budget, complete: !result.EndedEarly),
                Options = EvaluationSettings.NonDefault(Options),
            };
            var summary = EvaluationSummary.Create(result, namedImages.Classes, subject, folder.Rows);
            folder.Write(result, summary);
            Observer?.OnEvaluated(new EvaluationArtifacts(runner, IEnsemble.Flatten(attacks), result));
            return summary;
        }
    }

    private Precision SelectPrecision(LoadedModel model) => Options.Precision switch
    {
        Precision.Auto => model.CreateFastForm is not null && Options.Randomness == Randomness.Keyed ? Precision.Fast : Precision.Exact,
        Precision.Fast when model.CreateFastForm is null =>
            throw new InputException($"{Weights}: {model.Name} has no fast form: precision exact is the only one"),
        var requested => requested,
    };

    private LoadedModel? OpenSurrogate(ModelSource source)
    {
        if (Options.Surrogate is not { } path) return null;
        var surrogate = Open(source with
        {
            Path = path,
            Architecture = Options.SurrogateArchitecture,
            Key = null,
            Normalization = null,
            OutputClassNames = null
        });
        if (surrogate.Access == Access.Gradients) return surrogate;
        surrogate.Dispose();
        throw new InputException($"{path}: has no gradients, and so is no surrogate");
    }

    internal static string HashFile(string path)
    {
        using var file = RegularFile.Open(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static string DescribeAccess(Access needs) => needs == Access.Gradients ? "gradients" : "scores";

    private static string SuggestAttacks(ThreatModel threat, Access available)
    {
        string[] names = [.. Catalog.Attacks.Where(a =>
            a.Value.Norms.Contains(threat.Norm) && a.Value.Create(threat, AttackBudget.Default).Needs >= available).Select(a => a.Key)];
        return $"{(names.Length == 0 ? "" : $"these attacks can do without: {string.Join(' ', names)}; ")}--surrogate MODEL makes attacks on "
            + $"another model and tries them on this one";
    }

    /// <summary>What decides what is computed from the bytes of the weights file, and what attacks are made on instead.</summary>
    private string DescribeModel(LoadedModel model, LoadedModel? surrogate)
    {
        var own = $"{model.Name}{(Options.Key is { } key ? $" of '{key}'" : "")}{DescribeNormalization(model.Normalization)}{(model.OutputOrder is { IsIdentity: false } order ? $" with outputs {string.Join(',', order.Outputs)}" : "")}";
        return surrogate is null ? own : $"{own} by {surrogate.Name} {HashFile(Options.Surrogate!)}";
    }

    private static string DescribeNormalization(Normalization n) =>
        n.IsIdentity ? "" : $" on pixels less {FormatNumbers(n.Mean)} over {FormatNumbers(n.Std)}";

    private static string FormatNumbers(IEnumerable<double> values) =>
        string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)));
}
