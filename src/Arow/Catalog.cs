using Arow.Attacks;
using Arow.Data;
using Arow.Models;
using Arow.Objectives;

namespace Arow;

/// <summary>
/// Everything that has a name in run files and on the command line: one explicit line each. What is added here is tested
/// by the contract tests without further ado.
/// </summary>
public static class Catalog
{
    /// <summary>Attacks, for a threat model and a budget.</summary>
    public static readonly IReadOnlyDictionary<string, AttackMethod> Attacks = new OrderedDictionary<string, AttackMethod>
    {
        ["fgsm"] = new([], (threat, _) => new Fgsm(threat)),
        ["pgd10"] = PgdOf(steps: 10),
        ["pgd20"] = PgdOf(steps: 20),
        ["pgd100"] = PgdOf(steps: 100, restarts: 5),
        ["pgd20-kl"] = PgdOf(steps: 20, Goal.Kl),
        ["pgd20-margin"] = PgdOf(steps: 20, Goal.Margin),
        ["apgd-ce"] = new(["restarts", "steps"], Apgd.CrossEntropy),
        ["apgd-dlr"] = new(["restarts", "steps"], Apgd.Dlr),
        ["apgd-t"] = new(["restarts", "steps", "targets"], Apgd.Targeted),
        ["fab"] = new(["restarts", "steps"], (threat, budget) => Fab.Of(threat, budget, targeted: false)),
        ["fab-t"] = new(["restarts", "steps", "targets"], (threat, budget) => Fab.Of(threat, budget, targeted: true)),
        ["square"] = new(["restarts", "queries"], Square.Of),
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
        ["pgd-at"] = new(Lambda: null, Smoothing: 0, (_, α) => new AdversarialTraining(α)) { Goals = Method.Errors },
        ["trades"] = new(Lambda: 6, Smoothing: null, (λ, _) => new Trades(λ)),
        ["trades-ls"] = new(Lambda: 6, Smoothing: 0.2, (λ, α) => new Trades(λ, α)),
        ["mart"] = new(Lambda: 5, Smoothing: null, (λ, _) => new Mart(λ)) { Goals = Method.Errors },
        ["arow-ce"] = new(Lambda: 3.5, Smoothing: null, (λ, _) => new Objectives.Arow(λ, 0)),
        ["arow"] = new(Lambda: 3.5, Smoothing: 0.2, (λ, α) => new Objectives.Arow(λ, α)),
        ["cow"] = new(Lambda: 3.5, Smoothing: 0.2, (λ, α) => new Cow(λ, α)),
        ["ikl-at"] = new(Lambda: 4, Smoothing: null, (λ, _) => new Ikl(λ)),
        ["hat"] = new(Lambda: 6, Smoothing: null, (λ, _) => new Hat(λ)) { Gamma = 0.25 },
        ["hat-arow"] = new(Lambda: 3.5, Smoothing: 0.2, (λ, α) => new HatArow(λ, α)) { Gamma = 0.25 },
        ["gair-at"] = new(Lambda: null, Smoothing: 0, (_, α) => new GairAt(α)) { Goals = Method.Errors },
        ["gair-trades"] = new(Lambda: 6, Smoothing: 0, (λ, α) => new GairTrades(λ, α)),
        ["fat-at"] = new(Lambda: null, Smoothing: 0, (_, α) => new AdversarialTraining(α)) { EarlyStop = 5, Goals = Method.Errors },
        ["fat-trades"] = new(Lambda: 6, Smoothing: 0, (λ, α) => new Trades(λ, α)) { EarlyStop = 5 },
        ["fat-arow"] = new(Lambda: 3.5, Smoothing: 0.2, (λ, α) => new Objectives.Arow(λ, α)) { EarlyStop = 2 },
        ["lbgat"] = new(Lambda: 6, Smoothing: null, (λ, _) => new Lbgat(λ)),
        ["alp"] = new(Lambda: 0.5, Smoothing: 0, (λ, α) => new LogitPairing(λ, α)) { Goals = Method.Errors },
        ["fgsm-rs"] = new(Lambda: null, Smoothing: 0, (_, α) => new AdversarialTraining(α)) { AttackSteps = 1, StepShare = 1.25, Goals = Method.Errors },
        ["n-fgsm"] = new(Lambda: null, Smoothing: 0, (_, α) => new AdversarialTraining(α)) { AttackSteps = 1, StepShare = 1, AttackNoise = NoisyFgsm.PublishedNoise, Goals = Method.Errors },
        ["free"] = new(Lambda: null, Smoothing: 0, (_, α) => new AdversarialTraining(α)) { Replays = 8, StepShare = 1, Goals = [Goal.CrossEntropy] },
    };

    /// <summary>Data sets.</summary>
    public static readonly IReadOnlyDictionary<string, IDataSet> DataSets = new OrderedDictionary<string, IDataSet>
    {
        ["glyphs"] = new Glyphs(),
        ["glyphs-colour"] = new Glyphs(Colour: true),
        ["fashion-mnist"] = KnownSets.FashionMnist,
        ["mnist"] = KnownSets.Mnist,
        ["kmnist"] = KnownSets.Kmnist,
        ["cifar10"] = KnownSets.Cifar10,
        ["cifar100"] = KnownSets.Cifar100,
        ["svhn"] = KnownSets.Svhn,
        ["folder"] = new ImageFolder(),
    };

    /// <summary>Architectures of one size.</summary>
    public static readonly IReadOnlyDictionary<string, Architecture> Architectures = new OrderedDictionary<string, Architecture>
    {
        ["tiny-cnn"] = new((input, classes) => new TinyCnn(input, classes)),
        ["small-cnn"] = new((input, classes) => new SmallCnn(input, classes)) { LearningRate = 0.01, HasDropout = true },
        ["small-cnn-plain"] = new((input, classes) => new SmallCnn(input, classes, dropout: null)) { LearningRate = 0.01 },
        ["resnet18"] = new((input, classes) => new ResNet(input, classes, [2, 2, 2, 2])),
        ["resnet18-silu"] = new((input, classes) => new ResNet(input, classes, [2, 2, 2, 2], activation: Activation.Silu)),
        ["resnet34"] = new((input, classes) => new ResNet(input, classes, [3, 4, 6, 3])),
        ["resnet50"] = new((input, classes) => new ResNet(input, classes, [3, 4, 6, 3], bottleneck: true)),
        ["preact-resnet18"] = new((input, classes) => new PreActResNet(input, classes, [2, 2, 2, 2])),
        ["preact-resnet18-silu"] = new((input, classes) => new PreActResNet(input, classes, [2, 2, 2, 2], Activation.Silu)),
        ["wrn-28-10"] = new((input, classes) => new WideResNet(input, classes, 28, 10)),
        ["wrn-28-10-silu"] = new((input, classes) => new WideResNet(input, classes, 28, 10, Activation.Silu)),
        ["wrn-28-10-published"] = new((input, classes) => new WideResNet(input, classes, 28, 10, rawShortcut: true)),
        ["wrn-34-10"] = new((input, classes) => new WideResNet(input, classes, 34, 10)),
        ["wrn-34-10-leaky"] = new((input, classes) => new WideResNet(input, classes, 34, 10, Activation.LeakyRelu)),
        ["wrn-34-10-silu"] = new((input, classes) => new WideResNet(input, classes, 34, 10, Activation.Silu)),
        ["wrn-34-10-published"] = new((input, classes) => new WideResNet(input, classes, 34, 10, rawShortcut: true)),
        ["wrn-70-16"] = new((input, classes) => new WideResNet(input, classes, 70, 16)),
        ["wrn-70-16-silu"] = new((input, classes) => new WideResNet(input, classes, 70, 16, Activation.Silu)),
    };

    /// <summary>Architectures of any size: N channels in the first stage (64 as published), D layers, W times the channels.</summary>
    public static readonly IReadOnlyList<ArchitectureFamily> ArchitectureFamilies =
    [
        OfWidth("resnet18-wN", 11.2, (input, classes, n) => new ResNet(input, classes, [2, 2, 2, 2], width: n)),
        OfWidth("resnet18-wN-silu", 11.2, (input, classes, n) => new ResNet(input, classes, [2, 2, 2, 2], activation: Activation.Silu, width: n)),
        OfWidth("resnet34-wN", 21.3, (input, classes, n) => new ResNet(input, classes, [3, 4, 6, 3], width: n)),
        OfWidth("resnet50-wN", 23.5, (input, classes, n) => new ResNet(input, classes, [3, 4, 6, 3], bottleneck: true, width: n)),
        OfWidth("preact-resnet18-wN", 11.2, (input, classes, n) => new PreActResNet(input, classes, [2, 2, 2, 2], width: n)),
        OfWidth("preact-resnet18-wN-silu", 11.2, (input, classes, n) => new PreActResNet(input, classes, [2, 2, 2, 2], Activation.Silu, n)),
        OfDepthAndWidth("wrn-D-W", (input, classes, d, w) => new WideResNet(input, classes, d, w)),
        OfDepthAndWidth("wrn-D-W-silu", (input, classes, d, w) => new WideResNet(input, classes, d, w, Activation.Silu)),
        OfDepthAndWidth("wrn-D-W-leaky", (input, classes, d, w) => new WideResNet(input, classes, d, w, Activation.LeakyRelu)),
        OfDepthAndWidth("wrn-D-W-published", (input, classes, d, w) => new WideResNet(input, classes, d, w, rawShortcut: true)),
    ];

    /// <summary>The names of architectures and of families of them, as messages list them.</summary>
    public static string ArchitectureNames => $"{Names(Architectures)}, and of any size {string.Join(' ', ArchitectureFamilies.Select(f => f.Pattern))}";

    /// <summary>The architecture of a name.</summary>
    /// <exception cref="InputException">There is none; the message lists those there are, or says which numbers a name may hold.</exception>
    public static Architecture FindArchitecture(string name)
    {
        if (UnknownArchitecture("model", name) is { } unknown) throw new InputException(unknown);
        if (Architectures.TryGetValue(name, out var one)) return one;
        var (family, numbers) = Family(name)!.Value;
        return family.Create(numbers);
    }

    /// <summary>What to say of a name that is no architecture's; null if it is one's, or if there is none.</summary>
    /// <param name="kind">The option.</param>
    /// <param name="name">The name.</param>
    public static string? UnknownArchitecture(string kind, string? name)
    {
        if (name is null || Architectures.ContainsKey(name)) return null;
        if (Family(name) is not var (family, numbers)) return $"{kind} '{name}' is unknown; known are {ArchitectureNames}";
        return family.Fault(numbers) is { } fault ? $"{kind} '{name}': {fault}" : null;
    }

    private static (ArchitectureFamily Family, IReadOnlyList<int> Numbers)? Family(string name)
    {
        foreach (var family in ArchitectureFamilies)
        {
            if (family.Numbers(name) is { } numbers) return (family, numbers);
        }
        return null;
    }

    /// <summary>The names of a part of the Catalog, as messages list them.</summary>
    public static string Names<T>(IReadOnlyDictionary<string, T> entries) => string.Join(' ', entries.Keys);

    /// <summary>The entry of a name.</summary>
    /// <exception cref="InputException">There is none; the message lists those there are.</exception>
    public static T Find<T>(string kind, string name, IReadOnlyDictionary<string, T> entries) =>
        entries.TryGetValue(name, out var entry) ? entry : throw new InputException(Unknown(kind, name, entries)!);

    /// <summary>What to say of a name that the Catalog lacks; null if it has it.</summary>
    public static string? Unknown<T>(string kind, string? name, IReadOnlyDictionary<string, T> entries) =>
        name is null || entries.ContainsKey(name) ? null : $"{kind} '{name}' is unknown; known are {Names(entries)}";

    /// <summary>What to say of an attack that does not exist in a norm; null if it does, or if the Catalog lacks it.</summary>
    public static string? Unfit(string attack, Norm norm) =>
        Attacks.TryGetValue(attack, out var method) ? NativeNorms.Problem(attack, norm, method.Norms) : null;

    /// <summary>What to say of the parts of a budget that none of the attacks (all in the Catalog) has use for; null if there are none.</summary>
    public static string? Useless(AttackBudget budget, IReadOnlyList<string> attacks)
    {
        var uses = attacks.SelectMany(name => Attacks[name].Uses).Distinct().ToList();
        var useless = budget.Given.Keys.Except(uses).ToList();
        return useless.Count == 0 ? null
            : $"{(attacks.Count == 0 ? "clean" : string.Join(' ', attacks))}: no use for {string.Join(' ', useless)}; {(uses.Count == 0 ? "it takes none" : $"only for {string.Join(' ', uses)}")}";
    }

    private static AttackMethod PgdOf(int steps, Goal? goal = null, int restarts = 1) => new(
        ["restarts", "steps"],
        (threat, budget) => Pgd.Standard(threat, budget.Steps ?? steps, goal, budget.Restarts ?? restarts));

    /// <param name="pattern">The names.</param>
    /// <param name="millions">Millions of weights at the published width.</param>
    /// <param name="build">From images, classes and N.</param>
    private static ArchitectureFamily OfWidth(string pattern, double millions, Func<InputShape, int, int, nn.Module<Tensor, Tensor>> build) => new(
        pattern,
        numbers => numbers[0] < 1 ? "N, the channels of the first stage, is 1 or more" : ArchitectureFamily.TooMany(millions * 1e6 * Math.Pow(numbers[0] / 64.0, 2)),
        numbers => new Architecture((input, classes) => build(input, classes, numbers[0])));

    private static ArchitectureFamily OfDepthAndWidth(string pattern, Func<InputShape, int, int, int, nn.Module<Tensor, Tensor>> build) => new(
        pattern,
        numbers => WideResNet.Fault(numbers[0], numbers[1]) ?? ArchitectureFamily.TooMany(WideResNet.ApproximateWeights(numbers[0], numbers[1])),
        numbers => new Architecture((input, classes) => build(input, classes, numbers[0], numbers[1])));
}
