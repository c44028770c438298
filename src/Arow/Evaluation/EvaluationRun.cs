using System.Globalization;
using System.Security.Cryptography;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Distributed;
using Arow.Evaluation.Checks;
using Arow.IO;
using Arow.Models;
using Arow.Models.Execution;
using Arow.Options;
using Arow.Registry;
using Arow.Runtime;

namespace Arow.Evaluation;

/// <summary>The objects and the result of an evaluation.</summary>
/// <param name="Runner">The runner with the classifier, which is disposed after the call, and the test images.</param>
/// <param name="Attacks">The attacks in order, ensembles by their parts.</param>
/// <param name="Result">The result.</param>
public sealed record EvaluationArtifacts(AttackRunner Runner, IReadOnlyList<IAttack> Attacks, EvaluationResult Result);

/// <summary>A complete evaluation, from weights on disk to a folder of results.</summary>
/// <param name="Weights">The weights file.</param>
/// <param name="Options">The options. Images are passed separately, of any data set.</param>
public sealed record EvaluationRun(string Weights, EvaluationOptions Options)
{
    private const int MaximumSamples = 8;

    /// <summary>Whether to resume the evaluation in the folder; without one a new evaluation starts.</summary>
    public bool Resume { get; init; }

    /// <summary>Whether to restart if <see cref="Resume"/> finds an evaluation that cannot be resumed; otherwise that is an error.</summary>
    public bool RestartIfUnusable { get; init; }

    /// <summary>The function that opens models.</summary>
    public Func<ModelSource, LoadedModel> Open { get; init; } = ModelFile.Open;

    /// <summary>
    /// Folder (PNG, rounded to 8 bits within the threat model) or .npz file (exact values) to create for the adversarial images; null
    /// for none.
    /// </summary>
    public string? SaveAdversarial { get; init; }

    /// <summary>Whether the model has just been trained, so that a training that failed to learn is reported.</summary>
    internal bool FollowsTraining { get; init; }

    /// <summary>Processes that a launcher started for the evaluation: they share it, and leave the job when all take part.</summary>
    internal ProcessGroup Group { get; init; } = ProcessGroup.Single;

    /// <summary>Takes a warning about <see cref="Group"/>; null for none.</summary>
    internal Action<string>? Warned { get; init; }

    /// <summary>Observes the evaluation; null for none.</summary>
    public IEvaluationObserver? Observer { get; init; }

    /// <summary>
    /// Evaluates the weights. Finished batches are kept in the folder, and at the end the results. Processes with the same evaluation and
    /// folder share the work if they <see cref="Resume"/>; the first of them to end writes the results.
    /// </summary>
    /// <param name="images">Test images; disposed by their owner.</param>
    /// <param name="folder">The folder of the results.</param>
    /// <param name="stop">Requests a stop at the next call of the classifier.</param>
    /// <exception cref="InputException">
    /// The weights are invalid, take other images or lack the access that attacks need; or the evaluation to resume is
    /// another one.
    /// </exception>
    public EvaluationSummary Execute(ImageSet images, EvaluationFolder folder, CancellationToken stop = default)
    {
        if (Options.Attacks.Count > 0) DataInspection.RequireTwoClasses(images);
        ImageMemory.Share(Group, Warned, images);
        using var samples = ImageSet.ToPixels(images.Images[..Math.Min(MaximumSamples, images.Count)]);
        using (var model = Open(Options.CreateSource(Weights, images) with { Samples = samples }))
        using (var surrogate = OpenSurrogate(images))
        // A model may have classes without images.
        using (var namedImages = images.WithClasses(model.OutputOrder?.Names ?? images.Classes))
        {
            IAttack[] attacks = [.. Options.Attacks.Select(name =>
                Catalog.Find("attack", name, Catalog.Attacks).Create(Options.Threat, Options.Budget))];
            if (surrogate is not null)
                attacks = [.. IEnsemble.Flatten(attacks).Select(a => a.Needs == Access.Gradients ? new Transfer(a, surrogate.Classifier) : a)];
            if (attacks.FirstOrDefault(a => a.Needs < model.Access) is { } unsupported)
                throw new InputException(
                    $"{unsupported.Name} needs {DescribeAccess(unsupported.Needs)}, which {Weights} does not provide{(model.AccessReason is { } reason ? $": {reason}" : "")}; "
                        + $"{SuggestAttacks(Options.Threat, model.Access)}");

            var precision = SelectPrecision(model);
            using var fast = precision == Precision.Fast ? model.CreateFastForm!() : null;
            var hash = HashFile(Weights);
            var identity = EvaluationIdentity.Create(
                DescribeModel(model, surrogate), hash, images, attacks, Options with { Precision = precision });
            using var journal = Group.StartThenJoin(
                () => folder.Open(identity, Resume, RestartIfUnusable), () => folder.Open(identity, resume: true, joins: true));
            var hadResults = File.Exists(folder.Summary);
            if (journal.IsShared) Observer?.OnJoined();
            ArowEvents.Tell(() => $"model: {model.Name}, {DescribeAccess(model.Access)}; {hash}");
            ArowEvents.Tell(() => precision == Precision.Fast
                ? "attacked form: batch norm folded, float32; every adversarial image is classified again by the model itself"
                : "attacked form: the model itself");
            ArowEvents.Tell(() => $"attacks: {string.Join(", ", IEnsemble.Flatten(attacks).Select(a => a.Name))}; batches of {Options.BatchSize} images, "
                + $"{get_num_threads()} threads on {images.Device}"
                + (journal.Count > 0 ? $"; {journal.Count} batches are kept from before" : ""));
            var runner = new AttackRunner(model.Classifier, namedImages, Options.BatchSize, Options.Seed)
            {
                FastClassifier = fast?.Classifier, Judge = model.Judge, Randomness = Options.Randomness,
                Queried = () => Observer?.OnQuery(),
            };
            using var saved = SaveAdversarial is null ? null : new AdversarialImages(SaveAdversarial, runner);
            var evaluator = new Evaluator(runner)
            {
                Attacked = saved is null ? null : saved.Add,
                Access = model.Access, Quantize = Options.Quantize, StopBelow = Options.StopBelow, Check = true, Journal = journal,
                Observer = Observer,
            };
            var architecture = OtherArchitectures.Find(model, namedImages);
            var result = evaluator.Run(attacks, stop);
            var environmentNotes = journal.Differences.Select(difference =>
                Finding.Note("resumed-elsewhere", ComputeEnvironment.DescribeElsewhere(difference), "", []));
            var failure = FollowsTraining ? NotLearnt.Find(result.Rows, result.Findings) : null;
            var savedNote = saved is null ? null : Finding.Note("saved-images", saved.Commit(), "", []);
            result = result with
            {
                Findings =
                [.. ((Finding?[])[failure, savedNote]).OfType<Finding>(), .. model.Remarks.Concat(surrogate?.Remarks ?? []).Select(r => Finding.Note("model", r, "", [])),
                    .. architecture is null ? (Finding[])[] : [architecture], .. result.Findings,
                    .. environmentNotes]
            };

            var subject = new EvaluationSubject(
                model.Name, Weights, hash,
                model.Metadata.GetValueOrDefault("objective"), model.Metadata.GetValueOrDefault("selected_on"),
                images.Name, EnumName.ToName(Options.Threat.Norm), Options.Threat.Size.Text, Options.Seed)
            {
                DataSha256 = DataIdentity.ComputeHash(images), Randomness = EnumName.ToName(Options.Randomness), BatchSize = Options.BatchSize,
                Precision = EnumName.ToName(precision), Protocol = Protocol.Name(attacks, Options.Budget, complete: !result.EndedEarly),
                Options = EvaluationSettings.NonDefault(Options), DataDir = Options.DataDir,
            };
            var summary = EvaluationSummary.Create(result, namedImages.Classes, subject, folder.Rows);
            using (journal.LockResults(stop))
            {
                if (!hadResults && folder.ReadResultsOfOther(result) is { } written) return written;
                folder.Write(result, summary, new RowNames(namedImages, namedImages.Classes));
            }
            Observer?.OnEvaluated(new EvaluationArtifacts(runner, IEnsemble.Flatten(attacks), result));
            return summary;
        }
    }

    private Precision SelectPrecision(LoadedModel model) => Options.Precision switch
    {
        Precision.Auto => model.CreateFastForm is not null && Options.Randomness == Randomness.Keyed ? Precision.Fast : Precision.Exact,
        Precision.Fast when model.CreateFastForm is null =>
            throw new InputException($"{Weights}: {model.Name} has no fast form: use precision exact"),
        var requested => requested,
    };

    private LoadedModel? OpenSurrogate(ImageSet images)
    {
        if (Options.Surrogate is not { } path) return null;
        var surrogate = Open(ModelOptions.CreateSource(path, images, Options.SurrogateArchitecture));
        if (surrogate.Access == Access.Gradients) return surrogate;
        surrogate.Dispose();
        throw new InputException(
            $"{path}: has no gradients, so it cannot be a surrogate{(surrogate.AccessReason is { } reason ? $": {reason}" : "")}");
    }

    internal static string HashFile(string path)
    {
        if (ModelFile.IsSharded(path)) return ShardedFile.ComputeHash(path);
        using var file = RegularFile.Open(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static string DescribeAccess(Access needs) => needs == Access.Gradients ? "gradients" : "scores";

    private static string SuggestAttacks(ThreatModel threat, Access available)
    {
        string[] names = [.. Catalog.Attacks.Where(a =>
            a.Value.Norms.Contains(threat.Norm) && a.Value.Create(threat, AttackBudget.Default).Needs >= available).Select(a => a.Key)];
        return $"{(names.Length == 0 ? "" : $"these attacks do not need them: {string.Join(' ', names)}; ")}{Wording.Current.Setting("surrogate", "MODEL")} runs "
            + "attacks on another model and transfers them to this one";
    }

    /// <summary>Describes the function that is computed from the weights file, and the surrogate.</summary>
    private string DescribeModel(LoadedModel model, LoadedModel? surrogate)
    {
        var own = $"{model.Name}{(model.Judge is null ? "" : " with gradients")}{(Options.Key is { } key ? $" of '{key}'" : "")}{(Options.OutputName is { } output ? $" output '{output}'" : "")}{DescribeNormalization(model.Normalization)}{(model.OutputOrder is { IsIdentity: false } order ? $" with outputs {string.Join(',', order.Outputs)}" : "")}";
        return surrogate is null ? own : $"{own} by {surrogate.Name} {HashFile(Options.Surrogate!)}";
    }

    private static string DescribeNormalization(Normalization n) =>
        n.IsIdentity ? "" : $" on pixels less {FormatNumbers(n.Mean)} over {FormatNumbers(n.Std)}";

    private static string FormatNumbers(IEnumerable<double> values) =>
        string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)));
}
