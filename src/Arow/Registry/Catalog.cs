using Arow.Attacks;
using Arow.Data;
using Arow.Objectives;
using Arow.Options;

namespace Arow.Registry;

/// <summary>
/// Everything that has a name in run files and on the command line: one explicit line each. Entries in this file are tested by
/// the contract tests. Applications add their own with <c>Add</c>, before they create options.
/// </summary>
/// <example>
/// <code>
/// Catalog.Add("pgd7", new AttackMethod([], (threat, budget) =&gt; Pgd.Standard(threat, steps: 7)));
/// var options = new TrainingOptions { Dataset = "glyphs", Model = "tiny-cnn", TestAttack = "pgd7" };
/// </code>
/// </example>
public static class Catalog
{
    /// <summary>Attacks, for a threat model and a budget.</summary>
    public static readonly IReadOnlyDictionary<string, AttackMethod> Attacks = new OrderedDictionary<string, AttackMethod>
    {
        ["fgsm"] = new([], (threat, _) => new Fgsm(threat)),
        ["pgd10"] = CreatePgd(steps: 10),
        ["pgd20"] = CreatePgd(steps: 20),
        ["pgd100"] = CreatePgd(steps: 100, restarts: 5),
        ["pgd20-kl"] = CreatePgd(steps: 20, AttackLoss.Kl),
        ["pgd20-margin"] = CreatePgd(steps: 20, AttackLoss.Margin),
        ["apgd-ce"] = new(["restarts", "steps"], Apgd.CrossEntropy),
        ["apgd-dlr"] = new(["restarts", "steps"], Apgd.Dlr),
        ["apgd-t"] = new(["restarts", "steps", "targets"], Apgd.Targeted),
        ["fab"] = new(["restarts", "steps"], (threat, budget) => Fab.Create(threat, budget, targeted: false)),
        ["fab-t"] = new(["restarts", "steps", "targets"], (threat, budget) => Fab.Create(threat, budget, targeted: true)),
        ["square"] = new(["restarts", "queries"], Square.Create),
        ["mim"] = new(["steps"], (threat, budget) => new Mim(threat, budget.Steps ?? 10)),
        ["deepfool"] = new(
            ["steps", "targets"], (threat, budget) => new DeepFool(threat, budget.Steps ?? 50, budget.Targets ?? 9))
        { Norms = [Norm.L2, Norm.Linf] },
        ["cw"] = new(["steps"], (threat, budget) => new CarliniWagner(threat, budget.Steps ?? 1000)) { Norms = [Norm.L2] },
        ["ead"] = new(["steps"], (threat, budget) => new ElasticNet(threat, budget.Steps ?? 1000)) { Norms = [Norm.L1] },
        ["hopskipjump"] = new(["queries"], (threat, budget) => new HopSkipJump(threat, budget.Queries ?? 5000))
        { Norms = [Norm.L2, Norm.Linf] },
        ["autoattack"] = new(["restarts", "steps", "queries", "targets"], AutoAttack.Standard),
        ["autoattack-plus"] = new(["restarts", "steps", "queries", "targets"], AutoAttack.Plus),
        ["autoattack-rand"] = new(["restarts", "steps"], AutoAttack.Rand),
    };

    /// <summary>Objectives, with the λ and α that they were published with.</summary>
    public static readonly IReadOnlyDictionary<string, Method> Objectives = new OrderedDictionary<string, Method>
    {
        ["standard"] = new(Lambda: null, Smoothing: 0, (_, α) => new Standard(α)),
        ["pgd-at"] = new(Lambda: null, Smoothing: 0, (_, α) => new AdversarialTraining(α)) { AttackLosses = Method.ErrorLosses },
        ["trades"] = new(Lambda: 6, Smoothing: null, (λ, _) => new Trades(λ)),
        ["trades-ls"] = new(Lambda: 6, Smoothing: 0.2, (λ, α) => new Trades(λ, α)),
        ["mart"] = new(Lambda: 5, Smoothing: null, (λ, _) => new Mart(λ)) { AttackLosses = Method.ErrorLosses },
        ["arow-ce"] = new(Lambda: 3.5, Smoothing: null, (λ, _) => new Objectives.Arow(λ, 0)),
        ["arow"] = new(Lambda: 3.5, Smoothing: 0.2, (λ, α) => new Objectives.Arow(λ, α)),
        ["cow"] = new(Lambda: 3.5, Smoothing: 0.2, (λ, α) => new Cow(λ, α)),
        ["ikl-at"] = new(Lambda: 4, Smoothing: null, (λ, _) => new Ikl(λ)),
        ["hat"] = new(Lambda: 6, Smoothing: null, (λ, _) => new Hat(λ)) { Gamma = 0.25 },
        ["hat-arow"] = new(Lambda: 3.5, Smoothing: 0.2, (λ, α) => new HatArow(λ, α)) { Gamma = 0.25 },
        ["gair-at"] = new(Lambda: null, Smoothing: 0, (_, α) => new GairAt(α)) { AttackLosses = Method.ErrorLosses },
        ["gair-trades"] = new(Lambda: 6, Smoothing: 0, (λ, α) => new GairTrades(λ, α)),
        ["fat-at"] = new(Lambda: null, Smoothing: 0, (_, α) => new AdversarialTraining(α)) { EarlyStop = 5, AttackLosses = Method.ErrorLosses },
        ["fat-trades"] = new(Lambda: 6, Smoothing: 0, (λ, α) => new Trades(λ, α)) { EarlyStop = 5 },
        ["fat-arow"] = new(Lambda: 3.5, Smoothing: 0.2, (λ, α) => new Objectives.Arow(λ, α)) { EarlyStop = 2 },
        ["lbgat"] = new(Lambda: 6, Smoothing: null, (λ, _) => new Lbgat(λ)),
        ["alp"] = new(Lambda: 0.5, Smoothing: 0, (λ, α) => new LogitPairing(λ, α)) { AttackLosses = Method.ErrorLosses },
        ["fgsm-rs"] = new(Lambda: null, Smoothing: 0, (_, α) => new AdversarialTraining(α))
        { AttackSteps = 1, StepShare = 1.25, AttackLosses = Method.ErrorLosses },
        ["n-fgsm"] = new(Lambda: null, Smoothing: 0, (_, α) => new AdversarialTraining(α))
        { AttackSteps = 1, StepShare = 1, AttackNoise = NoisyFgsm.PublishedNoiseSize, AttackLosses = Method.ErrorLosses },
        ["free"] = new(Lambda: null, Smoothing: 0, (_, α) =>
            new AdversarialTraining(α))
        { Replays = 8, StepShare = 1, AttackLosses = [AttackLoss.CrossEntropy] },
    };

    /// <summary>Data sets.</summary>
    public static readonly IReadOnlyDictionary<string, IDataSet> DataSets = new OrderedDictionary<string, IDataSet>
    {
        ["glyphs"] = new Glyphs(),
        ["glyphs-colour"] = new Glyphs(Colour: true),
        ["fashion-mnist"] = PublicDataSets.FashionMnist,
        ["mnist"] = PublicDataSets.Mnist,
        ["kmnist"] = PublicDataSets.Kmnist,
        ["cifar10"] = PublicDataSets.Cifar10,
        ["cifar100"] = PublicDataSets.Cifar100,
        ["svhn"] = PublicDataSets.Svhn,
        ["folder"] = new ImageFolder(),
    };

    /// <summary>Adds an attack of the application, for evaluations and as the attack after training.</summary>
    /// <param name="name">Letters, digits and hyphens, not yet taken.</param>
    /// <param name="attack">Creates it; its name should be the same.</param>
    /// <exception cref="ArgumentException">The name is invalid or taken.</exception>
    public static void Add(string name, AttackMethod attack) => Add(Attacks, name, attack);

    /// <summary>Adds an objective of the application. A resumed run needs it again.</summary>
    /// <param name="name">Letters, digits and hyphens, not yet taken.</param>
    /// <param name="objective">Creates it from λ and the smoothing.</param>
    /// <exception cref="ArgumentException">The name is invalid or taken.</exception>
    public static void Add(string name, Method objective) => Add(Objectives, name, objective);

    /// <summary>Adds a data set of the application, under its own name.</summary>
    /// <param name="set">Its images are read again by every command that uses it.</param>
    /// <exception cref="ArgumentException">The name is invalid or taken.</exception>
    public static void Add(IDataSet set) => Add(DataSets, set.Name, set);

    private static void Add<T>(IReadOnlyDictionary<string, T> entries, string name, T entry)
    {
        EntryName.Require(name);
        if (!((IDictionary<string, T>)entries).TryAdd(name, entry)) throw new ArgumentException($"'{name}' is taken", nameof(name));
    }

    /// <summary>The names of a part of the catalog, for messages.</summary>
    public static string Names<T>(IReadOnlyDictionary<string, T> entries) => string.Join(' ', entries.Keys);

    /// <summary>Returns the entry of a name.</summary>
    /// <exception cref="InputException">The name is unknown; the message lists the valid ones.</exception>
    public static T Find<T>(string kind, string name, IReadOnlyDictionary<string, T> entries) =>
        entries.TryGetValue(name, out var entry) ? entry : throw new InputException(ValidateName(kind, name, entries)!);

    /// <summary>Returns a data set.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="size">Size that its images are brought to; null for their own.</param>
    /// <param name="skipDamaged">Whether damaged images are left out.</param>
    /// <exception cref="InputException">The name is unknown, or the images are not files of a folder.</exception>
    internal static IDataSet FindDataSet(string name, ImageSize? size, bool skipDamaged = false)
    {
        var data = Find("dataset", name, DataSets);
        if (skipDamaged) data = data is ImageFolder folder ? folder with { SkipDamaged = true } : throw new InputException(
            $"{Wording.Current.Setting("skip-damaged")}: only images of 'folder' are files that can be left out");
        return size is { } given ? data.Resized(given) : data;
    }

    /// <summary>Returns an error message for an unknown name; null for a known one.</summary>
    public static string? ValidateName<T>(string kind, string? name, IReadOnlyDictionary<string, T> entries) =>
        name is null || entries.ContainsKey(name) ? null
            : $"{kind} '{name}' is unknown{Suggestion.Known(name, [.. entries.Keys])}";

    /// <summary>Returns an error message for an attack that does not support a norm; null if it does, or if its name is unknown.</summary>
    public static string? ValidateNorm(string attack, Norm norm) =>
        Attacks.TryGetValue(attack, out var method) ? SupportedNorms.ValidateNorm(attack, norm, method.Norms) : null;

    /// <summary>
    /// Returns an error message if a budget has values that none of the attacks uses; null otherwise. All attacks must be in
    /// the catalog.
    /// </summary>
    public static string? ValidateBudget(AttackBudget budget, IReadOnlyList<string> attacks)
    {
        var uses = attacks.SelectMany(name => Attacks[name].Uses).Distinct().ToList();
        var unused = budget.Specified.Keys.Except(uses).ToList();
        return unused.Count == 0 ? null
            : $"{(attacks.Count == 0 ? NoAttack.Name : string.Join(' ', attacks))}: not applicable: {string.Join(' ', unused)}; "
                + $"applicable: {(uses.Count == 0 ? "none" : string.Join(' ', uses))}";
    }

    private static AttackMethod CreatePgd(int steps, AttackLoss? loss = null, int restarts = 1) => new(
        ["restarts", "steps"],
        (threat, budget) => Pgd.Standard(threat, budget.Steps ?? steps, loss, budget.Restarts ?? restarts));
}
