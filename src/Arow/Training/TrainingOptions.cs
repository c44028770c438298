using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Models;
using Arow.Models.Execution;
using Arow.Objectives;
using Arow.Options;
using Arow.Registry;

namespace Arow.Training;

/// <summary>
/// The options of a training run. The names in run files and on the command line are in
/// <see cref="Settings"/>; unless noted, the defaults are those of the ARoW paper's code.
/// </summary>
/// <example>
/// <code>
/// var options = new TrainingOptions
/// {
///     Dataset = "fashion-mnist", DataDir = "data/fashion-mnist", Model = "small-cnn", Objective = "arow",
///     Threat = new(Norm.Linf, Ratio.FromFraction(8, 255)), Epochs = 10, Validation = 1000,
/// };
/// IEnumerable&lt;string&gt; problems = options.Validate();
/// </code>
/// </example>
public sealed record TrainingOptions
{
    /// <summary>Data set: a name of the Catalog.</summary>
    public string? Dataset { get; init; }

    /// <summary>Folder that holds the data set's files; not needed for glyphs.</summary>
    public string? DataDir { get; init; }

    /// <summary>Size that photographs of a folder are brought to, as <c>arow data resize</c> does; null for images of one size.</summary>
    public ImageSize? ImageSize { get; init; }

    /// <summary>Whether damaged images of a folder are left out and named; otherwise they are an error.</summary>
    public bool SkipDamaged { get; init; }

    /// <summary>Number of training images to use, drawn by the seed; null for all.</summary>
    public int? LimitTrain { get; init; }

    /// <summary>Number of test images to use, drawn by the seed; null for all.</summary>
    public int? LimitTest { get; init; }

    /// <summary>
    /// Additional training images (<see cref="Data.ExtraImages"/>), labelled or pseudo-labelled (<see cref="PseudoLabels"/>); null for none.
    /// </summary>
    public string? ExtraData { get; init; }

    /// <summary>The share of extra images in each batch, in [0, 1]; 0.7 as published.</summary>
    public double ExtraFraction { get; init; } = 0.7;

    /// <summary>The number of extra images to use, drawn by the seed; null for all.</summary>
    public int? ExtraLimit { get; init; }

    /// <summary>Whether extra images that nearly equal a test image are left out.</summary>
    public bool DropDuplicates { get; init; }

    /// <summary>Whether training images get the data set's standard random crops and flips.</summary>
    public bool Augment { get; init; } = true;

    /// <summary>The number of RandAugment operations for each training image; null for none.</summary>
    public int? RandAugment { get; init; }

    /// <summary>The magnitude of RandAugment, in [0, 30]; null for 9.</summary>
    public int? RandAugmentMagnitude { get; init; }

    /// <summary>Side in pixels of a black square in each training image; null for none.</summary>
    public int? Cutout { get; init; }

    /// <summary>Share in (0, 1] of the training images that CutMix mixes with a window of another image, labels included; null for none.</summary>
    public double? CutMix { get; init; }

    /// <summary>Subtract the training images' mean of each channel and divide by their deviation; the ARoW paper does not.</summary>
    public bool Normalize { get; init; }

    /// <summary>Architecture: a name of the Catalog.</summary>
    public string Model { get; init; } = "small-cnn";

    /// <summary>Run folder or weights of a trained model to start from; null for random weights.</summary>
    public string? Init { get; init; }

    /// <summary>The name of the state dict in a PyTorch checkpoint that <see cref="Init"/> loads; null for the standard one.</summary>
    public string? InitKey { get; init; }

    /// <summary>Whether the head of <see cref="Init"/> is reinitialized; null for <see cref="HeadReset.Auto"/>.</summary>
    public HeadReset? ResetHead { get; init; }

    /// <summary>The frozen layers: the number of first layers, or their names, separated by commas; null for none.</summary>
    public string? Freeze { get; init; }

    /// <summary>The factor of the head's learning rate; above 0, null for 1.</summary>
    public double? HeadRate { get; init; }

    /// <summary>The rate of the architecture's dropout, in [0, 1); null for its own.</summary>
    public double? Dropout { get; init; }

    /// <summary>The dropout masks of the passes over a batch; null for those that the run started with, shared for a new run.</summary>
    public DropoutMask? DropoutMask { get; init; }

    /// <summary>The objective: a name of the Catalog.</summary>
    public string Objective { get; init; } = "arow";

    /// <summary>λ of the paper, ≥ 0; null for the objective's own.</summary>
    public double? Lambda { get; init; }

    /// <summary>Label smoothing α in [0, 1); null for the objective's own.</summary>
    public double? Smoothing { get; init; }

    /// <summary>Whether labels are rectified by the exponential average of the weights (ADR): see <see cref="RectifiedLabels"/>.</summary>
    public bool Adr { get; init; }

    /// <summary>The temperature of the averaged weights' predictions for ADR; null for 2 falling to 1.</summary>
    public CosineSchedule? AdrTemperature { get; init; }

    /// <summary>The largest share of those predictions in a label, in [0, 1]; null for 0.7 rising to 0.95.</summary>
    public CosineSchedule? AdrShare { get; init; }

    /// <summary>The sample weight: the name of a <see cref="Objectives.SampleWeight"/>; null for the objective's own.</summary>
    public string? Weight { get; init; }

    /// <summary>Whether the sample weight is treated as a constant; the published ARoW differentiates it.</summary>
    public bool DetachWeight { get; init; }

    /// <summary>The divergence: the name of a <see cref="Objectives.Divergence"/>; null for the objective's own.</summary>
    public string? Divergence { get; init; }

    /// <summary>γ ≥ 0, the weight of the helper network's term; null for the objective's own.</summary>
    public double? Gamma { get; init; }

    /// <summary>Run folder or weights of the standard helper network; null to train one first.</summary>
    public string? Helper { get; init; }

    /// <summary>Architecture of a helper that is trained; null for the model's.</summary>
    public string? HelperModel { get; init; }

    /// <summary>γ of adversarial weight perturbation, > 0; null for none.</summary>
    public double? Awp { get; init; }

    /// <summary>First epoch (from 1) in which weights are perturbed; null for a twelfth of the run, at most the 10th.</summary>
    public int? AwpStart { get; init; }

    /// <summary>First epoch (from 1) with geometry-aware sample weights; null for 5/12 of the run.</summary>
    public int? GeometryStart { get; init; }

    /// <summary>The number of passes of free adversarial training over each batch; null for the published 8.</summary>
    public int? Replays { get; init; }

    /// <summary>The threat model of training; L∞ 8/255 by default; other norms need a size.</summary>
    public ThreatModel Threat { get; init; } = ThreatModel.Default;

    /// <summary>Steps of the training attack, at least 1; null for the method's own, usually 10.</summary>
    public int? AttackSteps { get; init; }

    /// <summary>Step size of the training attack; null for the method's own, usually ε/4.</summary>
    public Ratio? AttackStepSize { get; init; }

    /// <summary>The start of the training attack.</summary>
    public Start AttackStart { get; init; } = Start.Uniform;

    /// <summary>
    /// k ≥ 0: the attack is N-FGSM, a single step from noise of k ε that is not projected back; null for the method's own,
    /// usually PGD.
    /// </summary>
    public double? AttackNoise { get; init; }

    /// <summary>
    /// Epochs over which ε and the step size of the training attack grow to their full size; null to start with the full size.
    /// </summary>
    public int? EpsilonRamp { get; init; }

    /// <summary>The loss that the training attack maximizes: ce, kl, revkl, js or margin; null for the objective's own.</summary>
    public string? AttackLoss { get; init; }

    /// <summary>
    /// τ ≥ 0: a sample is attacked for τ steps after it is misclassified; null for the method's own, usually all steps.
    /// </summary>
    public int? EarlyStop { get; init; }

    /// <summary>Passes over the training images.</summary>
    public int Epochs { get; init; } = 120;

    /// <summary>Images of a batch.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Batches whose gradients are accumulated for a step, as if they were one batch.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>Learning rate; null for the architecture's own: 0.1, or 0.01 for the small network of TRADES.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Momentum in [0, 1).</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Nesterov's form of momentum.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Weight decay.</summary>
    public double WeightDecay { get; init; } = 5e-4;

    /// <summary>Whether norms and biases decay too, as published.</summary>
    public bool DecayAll { get; init; } = true;

    /// <summary>Largest norm of the whole gradient; null for no limit.</summary>
    public double? ClipGradient { get; init; }

    /// <summary>constant, multistep, cosine, cyclic or one-cycle.</summary>
    public string Schedule { get; init; } = "multistep";

    /// <summary>Epochs after which multistep divides the rate by ten; null for one half and five sixths of the run.</summary>
    public IReadOnlyList<int>? Milestones { get; init; }

    /// <summary>Epochs during which the rate rises from zero.</summary>
    public double WarmUp { get; init; }

    /// <summary>First epoch (from 1) of stochastic weight averaging; null for no average.</summary>
    public int? SwaStart { get; init; }

    /// <summary>Decay of the exponential moving average of the weights; null for none.</summary>
    public double? EmaDecay { get; init; }

    /// <summary>Whether that decay starts small, so that the first weights are forgotten sooner.</summary>
    public bool EmaWarmUp { get; init; }

    /// <summary>
    /// Training images of the validation split, drawn by the seed; null for 1,024, or a tenth of fewer than
    /// 10,240.
    /// </summary>
    public int? Validation { get; init; }

    /// <summary>The images that select the weights.</summary>
    public SelectOn SelectOn { get; init; }

    /// <summary>The weights that are kept and evaluated besides the selected ones; none by default.</summary>
    public IReadOnlyList<KeptWeights> Keep { get; init; } = [];

    /// <summary>
    /// The number of training images, drawn by the seed, that are also attacked at the end, for the generalization gap; null for as many
    /// as there are test images and at most 1,000, 0 for none.
    /// </summary>
    public int? GapImages { get; init; }

    /// <summary>Epochs between two evaluations on the selecting images.</summary>
    public int EvaluateEvery { get; init; } = 1;

    /// <summary>
    /// The number of training and of selecting images whose risks, bound and weights are recorded at each
    /// evaluation, drawn by the seed; null for none.
    /// </summary>
    public int? Watch { get; init; }

    /// <summary>Stop after this many evaluations without a better one; null to train to the end.</summary>
    public int? Patience { get; init; }

    /// <summary>Attack of the evaluation at the end: a name of the Catalog, or clean.</summary>
    public string TestAttack { get; init; } = "pgd20";

    /// <summary>Seed of the initial weights, the order, the augmentation, the attacks and the limits.</summary>
    public long Seed { get; init; }

    /// <summary>Threads of libtorch; null for one per core.</summary>
    public int? Threads { get; init; }

    /// <summary>
    /// Whether batch norms take their statistics from the images of all processes that train together, instead of those of each. One process
    /// alone has all.
    /// </summary>
    public bool SyncNorm { get; init; }

    /// <summary>The precision of products in training; evaluation is exact.</summary>
    public Precision Precision { get; init; }

    /// <summary>cpu or cuda.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Seconds between two checkpoints within an epoch.</summary>
    public double CheckpointEvery { get; init; } = 60;

    /// <summary>The data set, its images brought to <see cref="ImageSize"/>.</summary>
    internal IDataSet DataSet => Catalog.FindDataSet(Dataset!, ImageSize, SkipDamaged);

    /// <summary>The options of the optimizer.</summary>
    public SgdOptions Sgd => new(Momentum, Nesterov, WeightDecay, DecayAll, ClipGradient);

    /// <summary>The objective's entry in the Catalog.</summary>
    public Method Method => Catalog.Find("objective", Objective, Catalog.Objectives);

    /// <summary>The objective's requirements of a helper network; null if it uses none.</summary>
    public AuxiliaryModel? AuxiliaryModel => (Method.Create(1, 0) as IUsesAuxiliaryModel)?.AuxiliaryModel;

    /// <summary>Whether training uses dropout.</summary>
    internal bool UsesDropout => Dropout is not 0 && Architectures.Find(Model).HasDropout;

    /// <summary>Steps of the attack.</summary>
    internal int Steps => AttackSteps ?? (AttackNoise is null ? Method.AttackSteps : 1);

    /// <summary>The step size of the attack.</summary>
    public double StepSize => AttackStepSize?.Value ?? DefaultStepSize;

    /// <summary>Its default: ε for N-FGSM, else the method's own.</summary>
    internal double DefaultStepSize => Threat.Epsilon * (AttackNoise is null ? Method.StepShare : 1);

    /// <summary>Creates the objective, with its own λ, α, weight and divergence if unset.</summary>
    /// <param name="helper">The helper of an <see cref="IUsesAuxiliaryModel"/>.</param>
    public IObjective CreateObjective(Classifier? helper = null)
    {
        var objective = Method.Create(Lambda ?? Method.Lambda ?? 0, Smoothing ?? Method.Smoothing ?? 0);
        if (objective is IUsesAuxiliaryModel auxiliaryObjective && helper is not null) objective = auxiliaryObjective.WithAuxiliary(helper, Gamma);
        if (objective is not IRegularized regularized || (Weight ?? Divergence) is null && !DetachWeight) return objective;
        return new ComposedObjective(
            regularized, Objectives.SampleWeight.All.SingleOrDefault(w => w.Name == Weight),
            Objectives.Divergence.All.SingleOrDefault(d => d.Name == Divergence), DetachWeight);
    }

    /// <summary>Creates the training attack; null if the objective uses none.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="epoch">The epoch, from 1, which sets ε during a ramp.</param>
    public IAttack? CreateAttack(IObjective objective, int epoch = int.MaxValue)
    {
        if (objective.AttackLoss is not { } objectiveLoss) return null;
        var loss = AttackLoss is null ? objectiveLoss : Attacks.AttackLoss.All.Single(g => g.Name == AttackLoss);
        var share = Math.Min(1, (double)epoch / (EpsilonRamp ?? 1));
        var (threat, step) = (Threat with { Epsilon = share * Threat.Epsilon }, share * StepSize);
        if ((AttackNoise ?? Method.AttackNoise) is { } k) return new NoisyFgsm(threat, loss, step, k);
        return new Pgd(threat, loss, Steps, step, AttackStart) { Tau = EarlyStop ?? Method.EarlyStop };
    }

    /// <summary>Creates the source of rectified labels; null for the labels of the data set.</summary>
    public RectifiedLabels? CreateLabels() =>
        Adr ? new RectifiedLabels(AdrTemperature ?? RectifiedLabels.DefaultTemperature, AdrShare ?? RectifiedLabels.DefaultShare) : null;

    /// <summary>Creates the augmentation of training images.</summary>
    /// <param name="usual">The data set's standard crops and flips.</param>
    public Augmentation CreateAugmentation(Augmentation usual) => (Augment ? usual : Augmentation.None) with
    {
        RandAugment = RandAugment is { } operations ? new RandAugment(operations, RandAugmentMagnitude ?? Data.RandAugment.DefaultMagnitude) : null,
        Cutout = Cutout is { } size ? new Cutout(size) : null,
        CutMix = CutMix is { } share ? new CutMix(share) : null,
    };

    /// <summary>Returns the options whose row has one of the uses; the others have their defaults, so nothing can depend on them.</summary>
    internal TrainingOptions Only(SettingUses uses) => Settings.All.Where(s => (s.Uses & uses) != 0)
        .Aggregate(new TrainingOptions(), (only, setting) => setting.Copy(only, this));

    /// <summary>Returns the options of the standard helper network, without attacks and averages.</summary>
    public TrainingOptions ForHelper() => Only(SettingUses.Helper) with
    {
        Objective = "standard",
        Model = HelperModel ?? Model,
        Dropout = HelperModel is null ? Dropout : null,
        Smoothing = Smoothing ?? Method.Smoothing,
    };

    /// <summary>Creates the learning rate schedule.</summary>
    public Schedule CreateSchedule() =>
        Training.Schedule.ByName[Schedule](LearningRate ?? DefaultLearningRate, this) with { WarmUp = WarmUp };

    /// <summary>The learning rate where none is given; weights that are trained already are to be changed, not to be found.</summary>
    internal double DefaultLearningRate => Architectures.Find(Model).LearningRate / (Init is null ? 1 : FineTuningDivisor);

    /// <summary>Returns all errors of these options, one a line; none if they are valid.</summary>
    public IEnumerable<string> Validate()
    {
        if (Dataset is null) yield return $"dataset is missing; known are {Catalog.Names(Catalog.DataSets)}";
        foreach (var fault in Settings.All.Validate(this)) yield return fault;
        if (ImageSize is { } size && Dataset is not (null or "folder"))
            yield return $"image-size {size}: the images of {Dataset} have one size; only those of 'folder' are resized";
        if (SkipDamaged && Dataset is not (null or "folder")) yield return "skip-damaged: only images of 'folder' are files that can be left out";
        if (Catalog.ValidateNorm(TestAttack, Threat.Norm) is { } unfit) yield return $"test-attack: {unfit}";

        if (Dropout is >= 0 and < 1 && Architectures.ValidateName("model", Model) is null && !Architectures.Find(Model).HasDropout)
            yield return $"dropout: {Model} has none";

        if (Init is not null && Normalize) yield return "normalize and init exclude each other: a model keeps its own normalization";

        foreach (var problem in MethodValidator.Validate(this)) yield return problem;

        if (Nesterov && Momentum == 0) yield return "nesterov needs a momentum above 0";
        if (ExtraData is not null && ExtraFraction is > 0 and <= 1 && (int)(BatchSize * ExtraFraction) == 0)
            yield return $"extra-fraction {ExtraFraction}: less than one image in a batch of {BatchSize}";
        if (SwaStart is not null && EmaDecay is not null) yield return "swa-start and ema-decay exclude each other: one average is evaluated";
        if (SwaStart > Epochs) yield return $"swa-start {SwaStart} comes after the last epoch, {Epochs}";
        if (Milestones is not null && Schedule != "multistep") yield return $"milestones apply to multistep, not to {Schedule}";
        if (SelectOn == SelectOn.Validation
            && Validation < 1) yield return $"validation {Validation}: selecting weights needs 1 image or more; select-on last needs none";
        if (SelectOn != SelectOn.Validation
            && Validation > 0) yield return $"validation {Validation}: select-on {EnumName.ToName(SelectOn)} uses no validation split";
        if (Keep.Contains(KeptWeights.Average) && SwaStart is null
            && EmaDecay is null) yield return "keep average needs swa-start or ema-decay: there is no average";
        if (Keep.Contains(KeptWeights.Best)
            && SelectOn == SelectOn.Last) yield return "keep best needs select-on validation or test: nothing selects the best weights";
        if (SelectOn == SelectOn.Last && Patience is not null) yield return "patience needs select-on validation or test";
        if (LimitTrain <= Validation && SelectOn == SelectOn.Validation)
            yield return $"limit-train {LimitTrain} leaves nothing to train on besides {Validation} validation images";
    }

    /// <summary>Fine-tuning starts with an architecture's learning rate over this; a factor of 0.1 would show its rounding.</summary>
    private const double FineTuningDivisor = 10;
}
