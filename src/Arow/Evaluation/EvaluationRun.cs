using System.Globalization;
using System.Security.Cryptography;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Models;

namespace Arow.Evaluation;

/// <summary>What an evaluation looked at and what it found.</summary>
/// <param name="Runner">The classifier, gone after the call that hands it over, the test images and how they were attacked.</param>
/// <param name="Attacks">In order, ensembles by their parts.</param>
/// <param name="Result">The rows.</param>
public sealed record Examined(AttackRunner Runner, IReadOnlyList<IAttack> Attacks, EvaluationResult Result);

/// <summary>A whole evaluation, from weights on disk to a folder of results.</summary>
/// <param name="Weights">The weights file: what is measured is what is saved.</param>
/// <param name="Architecture">Its name; null to take the file's word.</param>
/// <param name="Attacks">Names of the Catalog, in order; none for clean accuracy alone.</param>
/// <param name="Threat">The perturbations.</param>
/// <param name="BatchSize">Images at a time; no influence on the result but for published randomness.</param>
/// <param name="Seed">Of the attacks.</param>
public sealed record EvaluationRun(
    string Weights, string? Architecture, IReadOnlyList<string> Attacks, ThreatModel Threat, int BatchSize, long Seed)
{
    /// <summary>How hard the attacks are to try.</summary>
    public AttackBudget Budget { get; init; } = AttackBudget.Own;

    /// <summary>Where the attacks have their random numbers from.</summary>
    public Randomness Randomness { get; init; }

    /// <summary>
    /// What attacks look at: the network itself (exact), or a form of it that is computed faster, in float32 all the same,
    /// from folded copies (fast). Auto is fast where the network is of the Catalog, but exact with published randomness, which
    /// is there to reach what published code reaches. The network itself judges what they find.
    /// </summary>
    public Precision Precision { get; init; }

    /// <summary>Whether adversarial images are also judged as 8-bit images.</summary>
    public bool Quantize { get; init; }

    /// <summary>Ends early once the upper end of the 95 % interval of robust accuracy is below it.</summary>
    public double? StopBelow { get; init; }

    /// <summary>Goes on with the evaluation in the folder; begins it if there is none.</summary>
    public bool Resume { get; init; }

    /// <summary>Begins anew where <see cref="Resume"/> finds what cannot be gone on with; or else that is refused.</summary>
    public bool OrAnew { get; init; }

    /// <summary>Which state dict of a PyTorch checkpoint; null for the usual one.</summary>
    public string? Key { get; init; }

    /// <summary>What the model expects to be done to pixels first; null to take the file's word.</summary>
    public Normalization? Normalization { get; init; }

    /// <summary>Names of the model's outputs, in order; null to take the file's word, or else the order of the images' classes.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>A model that attacks with gradients are made on instead, to be tried on the one that is measured.</summary>
    public string? Surrogate { get; init; }

    /// <summary>The surrogate's architecture; null to take the file's word.</summary>
    public string? SurrogateArchitecture { get; init; }

    /// <summary>What opens models.</summary>
    public Func<ModelSource, LoadedModel> Open { get; init; } = ModelFile.Open;

    /// <summary>Told when an attack begins and after every batch.</summary>
    public Action<EvaluationProgress>? Progressed { get; init; }

    /// <summary>Told whenever an attack asks the classifier.</summary>
    public Action? Ticked { get; init; }

    /// <summary>Told in the end, while the classifier is still there: to draw adversarial images, for example.</summary>
    public Action<Examined>? Examined { get; init; }

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
        if (Attacks.Count > 0) DataInspection.RequireTwoClasses(images);
        var source = new ModelSource(
            Weights, new InputShape(images.Channels, images.Height, images.Width), images.Classes.Count)
        {
            Architecture = Architecture, Key = Key, Normalization = Normalization, Device = images.Images.device,
            ImageClasses = images.Classes, OutputClasses = ClassNames,
        };
        using (var model = Open(source))
        using (var surrogate = OpenSurrogate(source))
        // A model may take images for classes that none of them is of.
        using (var known = images.Named(model.Order?.Names ?? images.Classes))
        {
            IAttack[] attacks = [.. Attacks.Select(name => Catalog.Find("attack", name, Catalog.Attacks).Create(Threat, Budget))];
            if (surrogate is not null)
                attacks = [.. IEnsemble.Flatten(attacks).Select(a => a.Needs == Access.Gradients ? new Transfer(a, surrogate.Classifier) : a)];
            if (attacks.FirstOrDefault(a => a.Needs < model.Access) is { } demanding)
                throw new InputException($"{demanding.Name} needs {Wanted(demanding.Needs)}, which {Weights} does not give; {Possible(Threat, model.Access)}");

            var form = Form(model);
            using var fast = form == Precision.Fast ? model.Fold!() : null;
            var hash = Hash(Weights);
            var identity = EvaluationIdentity.Of(
                Function(model, surrogate), hash, images, attacks, $"{Threat.Norm} {Threat.Size}".ToLowerInvariant(),
                BatchSize, Seed, Randomness, form, Quantize);
            using var journal = folder.Open(identity, Resume, OrAnew);
            var runner = new AttackRunner(model.Classifier, known, BatchSize, Seed)
            {
                FastClassifier = fast?.Classifier, Randomness = Randomness, Queried = Ticked,
            };
            var evaluator = new Evaluator(runner)
            {
                Access = model.Access, Quantize = Quantize, StopBelow = StopBelow, Check = true, Journal = journal, Progressed = Progressed,
            };
            var result = evaluator.Run(attacks, stop);
            var elsewhere = journal.Differences.Select(difference => Finding.Note(
                "resumed-elsewhere", $"some batches were computed with {difference}, which it was begun with: margins may differ in their last digits", "", []));
            result = result with { Findings = [.. model.Remarks.Concat(surrogate?.Remarks ?? []).Select(r => Finding.Note("model", r, "", [])), .. result.Findings, .. elsewhere] };

            var subject = new EvaluationSubject(
                model.Name, Weights, hash,
                model.Notes.GetValueOrDefault("objective"), model.Notes.GetValueOrDefault("selected_on"),
                images.Name, NamedValue.Of(Threat.Norm), Threat.Size.Text, Seed)
            {
                DataSha256 = DataIdentity.Hash(images), Randomness = NamedValue.Of(Randomness), BatchSize = BatchSize,
                Precision = NamedValue.Of(form), Protocol = Protocol.Name(attacks, Budget, complete: !result.EndedEarly),
            };
            var summary = EvaluationSummary.Of(result, known.Classes, subject, folder.Rows);
            folder.Write(result, summary);
            Examined?.Invoke(new Examined(runner, IEnsemble.Flatten(attacks), result));
            return summary;
        }
    }

    private Precision Form(LoadedModel model) => Precision switch
    {
        Precision.Auto => model.Fold is not null && Randomness == Randomness.Keyed ? Precision.Fast : Precision.Exact,
        Precision.Fast when model.Fold is null => throw new InputException($"{Weights}: {model.Name} has no fast form: precision exact is the only one"),
        var asked => asked,
    };

    private LoadedModel? OpenSurrogate(ModelSource source)
    {
        if (Surrogate is null) return null;
        var surrogate = Open(source with { Path = Surrogate, Architecture = SurrogateArchitecture, Key = null, Normalization = null, OutputClasses = null });
        if (surrogate.Access == Access.Gradients) return surrogate;
        surrogate.Dispose();
        throw new InputException($"{Surrogate}: has no gradients, and so is no surrogate");
    }

    internal static string Hash(string path)
    {
        using var file = OrdinaryFile.Open(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static string Wanted(Access needs) => needs == Access.Gradients ? "gradients" : "scores";

    private static string Possible(ThreatModel threat, Access given)
    {
        string[] names = [.. Catalog.Attacks.Where(a =>
            a.Value.Norms.Contains(threat.Norm) && a.Value.Create(threat, AttackBudget.Own).Needs >= given).Select(a => a.Key)];
        return $"{(names.Length == 0 ? "" : $"these attacks can do without: {string.Join(' ', names)}; ")}--surrogate MODEL makes attacks on another model and tries them on this one";
    }

    /// <summary>What decides what is computed from the bytes of the weights file, and what attacks are made on instead.</summary>
    private string Function(LoadedModel model, LoadedModel? surrogate)
    {
        var own = $"{model.Name}{(Key is null ? "" : $" of '{Key}'")}{Told(model.Normalization)}{(model.Order is { IsIdentity: false } order ? $" with outputs {string.Join(',', order.Outputs)}" : "")}";
        return surrogate is null ? own : $"{own} by {surrogate.Name} {Hash(Surrogate!)}";
    }

    private static string Told(Normalization n) => n.IsIdentity ? "" : $" on pixels less {Numbers(n.Mean)} over {Numbers(n.Std)}";

    private static string Numbers(IEnumerable<double> values) => string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)));
}
