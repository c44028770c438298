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
/// Everything that decides the outcome of a training run. The names in run files and on the command line are in
/// <see cref="Settings"/>; the defaults are those of the ARoW paper's code unless said otherwise.
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

    /// <summary>Number of training images to use, drawn by the seed; null for all.</summary>
    public int? LimitTrain { get; init; }

    /// <summary>Number of test images to use, drawn by the seed; null for all.</summary>
    public int? LimitTest { get; init; }

    /// <summary>
    /// More images to train on (<see cref="Data.ExtraImages"/>), labelled by somebody or by <see cref="PseudoLabels"/>; null for none.
    /// </summary>
    public string? ExtraData { get; init; }

    /// <summary>Their share of each batch, in [0, 1]; 0.7 as published.</summary>
    public double ExtraFraction { get; init; } = 0.7;

    /// <summary>How many of them to use, drawn by the seed; null for all.</summary>
    public int? ExtraLimit { get; init; }

    /// <summary>Leave out those that all but show a test image.</summary>
    public bool DropDuplicates { get; init; }

    /// <summary>Random crops and flips as the data set's habit is.</summary>
    public bool Augment { get; init; } = true;

    /// <summary>How many operations of RandAugment are done to each training image; null for none.</summary>
    public int? RandAugment { get; init; }

    /// <summary>How strongly, in [0, 30]; null for 9.</summary>
    public int? RandAugmentMagnitude { get; init; }

    /// <summary>Side in pixels of a black square in each training image; null for none.</summary>
    public int? Cutout { get; init; }

    /// <summary>Share in (0, 1] of the training images that get a window of another one, and its share of the label; null for none.</summary>
    public double? CutMix { get; init; }

    /// <summary>Subtract the training images' mean of each channel and divide by their deviation; the ARoW paper does not.</summary>
    public bool Normalize { get; init; }

    /// <summary>Architecture: a name of the Catalog.</summary>
    public string Model { get; init; } = "small-cnn";

    /// <summary>Run folder or weights of a trained model that training begins with; null for fresh weights.</summary>
    public string? Init { get; init; }

    /// <summary>Which state dict of a PyTorch checkpoint <see cref="Init"/> takes; null for the usual one.</summary>
    public string? InitKey { get; init; }

    /// <summary>What becomes of the head of <see cref="Init"/>; null for <see cref="HeadReset.Auto"/>.</summary>
    public HeadReset? ResetHead { get; init; }

    /// <summary>Layers that are held fixed: how many from the first on, or their names with commas between; null for none.</summary>
    public string? Freeze { get; init; }

    /// <summary>What the learning rate of the head is multiplied by; above 0, null for 1.</summary>
    public double? HeadRate { get; init; }

    /// <summary>The rate of the architecture's dropout, in [0, 1); null for its own.</summary>
    public double? Dropout { get; init; }

    /// <summary>Which units it leaves out in the passes of a batch; null for as the run was begun, shared for a new one.</summary>
    public DropoutMask? DropoutMask { get; init; }

    /// <summary>What is minimised: a name of the Catalog.</summary>
    public string Objective { get; init; } = "arow";

    /// <summary>λ of the paper, ≥ 0; null for the objective's own.</summary>
    public double? Lambda { get; init; }

    /// <summary>Label smoothing α in [0, 1); null for the objective's own.</summary>
    public double? Smoothing { get; init; }

    /// <summary>Whether labels are rectified by the exponential average of the weights (ADR): see <see cref="RectifiedLabels"/>.</summary>
    public bool Adr { get; init; }

    /// <summary>The temperature of the average's predictions there; null for 2 falling to 1.</summary>
    public CosineSchedule? AdrTemperature { get; init; }

    /// <summary>The greatest part that they have in a label, in [0, 1]; null for 0.7 rising to 0.95.</summary>
    public CosineSchedule? AdrShare { get; init; }

    /// <summary>How much each sample is regularized: the name of a <see cref="Objectives.SampleWeight"/>; null for the objective's own.</summary>
    public string? Weight { get; init; }

    /// <summary>Whether that weight is taken as a constant; the published ARoW differentiates it.</summary>
    public bool DetachWeight { get; init; }

    /// <summary>How far predictions have moved: the name of a <see cref="Objectives.Divergence"/>; null for the objective's own.</summary>
    public string? Divergence { get; init; }

    /// <summary>γ ≥ 0, how much a helper network counts; null for the objective's own.</summary>
    public double? Gamma { get; init; }

    /// <summary>Run folder or weights of the standard network that helps; null to train one first.</summary>
    public string? Helper { get; init; }

    /// <summary>Architecture of the helper that is trained; null for the model's.</summary>
    public string? HelperModel { get; init; }

    /// <summary>γ of adversarial weight perturbation, > 0; null for none.</summary>
    public double? Awp { get; init; }

    /// <summary>First epoch (from 1) in which weights are perturbed; null for a twelfth of the run, at most the 10th.</summary>
    public int? AwpStart { get; init; }

    /// <summary>First epoch (from 1) in which samples are weighed by geometry; null for 5/12 of the run.</summary>
    public int? GeometryStart { get; init; }

    /// <summary>How often free adversarial training goes through each batch; null for the published 8.</summary>
    public int? Replays { get; init; }

    /// <summary>The perturbations trained against; L∞ 8/255 by default, the size to be given for another norm.</summary>
    public ThreatModel Threat { get; init; } = ThreatModel.Default;

    /// <summary>Steps of the training attack, at least 1; null for the method's own, most often 10.</summary>
    public int? AttackSteps { get; init; }

    /// <summary>Length of its steps; null for the method's own, most often ε/4.</summary>
    public Ratio? AttackStepSize { get; init; }

    /// <summary>Where it starts.</summary>
    public Start AttackStart { get; init; } = Start.Uniform;

    /// <summary>
    /// k ≥ 0: the attack is N-FGSM, a single step from noise of k ε that is not projected back; null for the method's own, most
    /// often PGD.
    /// </summary>
    public double? AttackNoise { get; init; }

    /// <summary>
    /// Epochs over which ε of the training attack, and the length of its steps with it, grow to what they are; null to begin with all of it.
    /// </summary>
    public int? EpsilonRamp { get; init; }

    /// <summary>What it maximises: ce, kl, revkl, js or margin; null for what the objective asks for.</summary>
    public string? AttackLoss { get; init; }

    /// <summary>
    /// τ ≥ 0: the attack lets a sample go τ steps after it has been fooled; null for the method's own, most often never.
    /// </summary>
    public int? EarlyStop { get; init; }

    /// <summary>Passes over the training images.</summary>
    public int Epochs { get; init; } = 120;

    /// <summary>Images in a step.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Batches whose gradients make up a step, as if they were one batch.</summary>
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

    /// <summary>First epoch (from 1) whose weights the stochastic weight average takes in; null for no average.</summary>
    public int? SwaStart { get; init; }

    /// <summary>Decay of the exponential moving average of the weights; null for none.</summary>
    public double? EmaDecay { get; init; }

    /// <summary>Whether that decay starts small, so that the first weights are soon forgotten.</summary>
    public bool EmaWarmUp { get; init; }

    /// <summary>
    /// Training images set aside to choose the checkpoint, drawn by the seed; null for 1,024, or a tenth of fewer than
    /// 10,240.
    /// </summary>
    public int? Validation { get; init; }

    /// <summary>What chooses the checkpoint.</summary>
    public SelectOn SelectOn { get; init; }

    /// <summary>Which weights are kept and measured beside the selected ones; none by default.</summary>
    public IReadOnlyList<KeptWeights> Keep { get; init; } = [];

    /// <summary>
    /// Training images, drawn by the seed, that are attacked at the end as the test images are, for the generalization gap; null for as many
    /// as there are test images and at most 1,000, 0 for none.
    /// </summary>
    public int? GapImages { get; init; }

    /// <summary>Epochs between two evaluations on the selecting images.</summary>
    public int EvaluateEvery { get; init; } = 1;

    /// <summary>
    /// Images of the training and of the selecting set, each, whose risks, bound and weights are written down at each
    /// evaluation, drawn by the seed; null for none.
    /// </summary>
    public int? Watch { get; init; }

    /// <summary>Stop after this many evaluations without a better one; null to go on to the end.</summary>
    public int? Patience { get; init; }

    /// <summary>Attack of the evaluation at the end: a name of the Catalog, or clean.</summary>
    public string TestAttack { get; init; } = "pgd20";

    /// <summary>Seed of the weights, the order, the augmentation, the attacks and the limits.</summary>
    public long Seed { get; init; }

    /// <summary>Threads of libtorch; null for one a core.</summary>
    public int? Threads { get; init; }

    /// <summary>In what precision products are computed while training; evaluation is exact.</summary>
    public Precision Precision { get; init; }

    /// <summary>cpu or cuda.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Seconds between two checkpoints within an epoch.</summary>
    public double CheckpointEvery { get; init; } = 60;

    /// <summary>The data set, its images brought to <see cref="ImageSize"/>.</summary>
    internal IDataSet DataSet => Catalog.FindDataSet(Dataset!, ImageSize);

    /// <summary>How the weights move.</summary>
    public SgdOptions Sgd => new(Momentum, Nesterov, WeightDecay, DecayAll, ClipGradient);

    /// <summary>The objective's entry in the Catalog.</summary>
    public Method Method => Catalog.Find("objective", Objective, Catalog.Objectives);

    /// <summary>What the objective asks of another network; null if it asks none.</summary>
    public AuxiliaryModel? AuxiliaryModel => (Method.Create(1, 0) as IUsesAuxiliaryModel)?.AuxiliaryModel;

    /// <summary>Whether training leaves out units.</summary>
    internal bool UsesDropout => Dropout is not 0 && Architectures.Find(Model).HasDropout;

    /// <summary>Steps of the attack.</summary>
    internal int Steps => AttackSteps ?? (AttackNoise is null ? Method.AttackSteps : 1);

    /// <summary>Length of the attack's steps.</summary>
    public double StepSize => AttackStepSize?.Value ?? DefaultStepSize;

    /// <summary>What it is where nobody says it: ε for N-FGSM, else the method's own.</summary>
    internal double DefaultStepSize => Threat.Epsilon * (AttackNoise is null ? Method.StepShare : 1);

    /// <summary>The objective, with its own λ, α, weight and divergence where none were given.</summary>
    /// <param name="helper">What <see cref="IUsesAuxiliaryModel"/> asks for.</param>
    public IObjective CreateObjective(Classifier? helper = null)
    {
        var objective = Method.Create(Lambda ?? Method.Lambda ?? 0, Smoothing ?? Method.Smoothing ?? 0);
        if (objective is IUsesAuxiliaryModel auxiliaryObjective && helper is not null) objective = auxiliaryObjective.WithAuxiliary(helper, Gamma);
        if (objective is not IRegularized regularized || (Weight ?? Divergence) is null && !DetachWeight) return objective;
        return new ComposedObjective(
            regularized, Objectives.SampleWeight.All.SingleOrDefault(w => w.Name == Weight),
            Objectives.Divergence.All.SingleOrDefault(d => d.Name == Divergence), DetachWeight);
    }

    /// <summary>The attack of training; null if the objective does without.</summary>
    /// <param name="objective">What is minimised.</param>
    /// <param name="epoch">From 1; where ε grows, how far it has come by then.</param>
    public IAttack? CreateAttack(IObjective objective, int epoch = int.MaxValue)
    {
        if (objective.AttackLoss is not { } objectiveLoss) return null;
        var loss = AttackLoss is null ? objectiveLoss : Attacks.AttackLoss.All.Single(g => g.Name == AttackLoss);
        var share = Math.Min(1, (double)epoch / (EpsilonRamp ?? 1));
        var (threat, step) = (Threat with { Epsilon = share * Threat.Epsilon }, share * StepSize);
        if ((AttackNoise ?? Method.AttackNoise) is { } k) return new NoisyFgsm(threat, loss, step, k);
        return new Pgd(threat, loss, Steps, step, AttackStart) { Tau = EarlyStop ?? Method.EarlyStop };
    }

    /// <summary>Where labels come from, if not from the data set.</summary>
    public RectifiedLabels? CreateLabels() =>
        Adr ? new RectifiedLabels(AdrTemperature ?? RectifiedLabels.DefaultTemperature, AdrShare ?? RectifiedLabels.DefaultShare) : null;

    /// <summary>How training images are varied.</summary>
    /// <param name="usual">The crops and flips that are the data set's habit.</param>
    public Augmentation CreateAugmentation(Augmentation usual) => (Augment ? usual : Augmentation.None) with
    {
        RandAugment = RandAugment is { } operations ? new RandAugment(operations, RandAugmentMagnitude ?? Data.RandAugment.DefaultMagnitude) : null,
        Cutout = Cutout is { } size ? new Cutout(size) : null,
        CutMix = CutMix is { } share ? new CutMix(share) : null,
    };

    /// <summary>The options of the standard network that helps: these, without all that concerns attacks and averages.</summary>
    public TrainingOptions ForHelper() => Settings.All.Where(s => s.Uses.HasFlag(SettingUses.Helper))
        .Aggregate(new TrainingOptions(), (helper, setting) => setting.Copy(helper, this)) with
    {
        Objective = "standard",
        Model = HelperModel ?? Model,
        Dropout = HelperModel is null ? Dropout : null,
        Smoothing = Smoothing ?? Method.Smoothing,
    };

    /// <summary>The course of the learning rate.</summary>
    public Schedule CreateSchedule() =>
        Training.Schedule.ByName[Schedule](LearningRate ?? DefaultLearningRate, this) with { WarmUp = WarmUp };

    /// <summary>The learning rate where none is given; weights that are trained already are to be changed, not to be found.</summary>
    internal double DefaultLearningRate => Architectures.Find(Model).LearningRate * (Init is null ? 1 : FineTuningFactor);

    /// <summary>Everything that is wrong with these options, a line each: nothing if they can be run.</summary>
    public IEnumerable<string> Validate()
    {
        if (Dataset is null) yield return $"dataset is missing; known are {Catalog.Names(Catalog.DataSets)}";
        foreach (var fault in Settings.All.Validate(this)) yield return fault;
        if (ImageSize is { } size && Dataset is not (null or "folder"))
            yield return $"image-size {size}: the images of {Dataset} have one size; only those of 'folder' are resized";
        if (Catalog.ValidateNorm(TestAttack, Threat.Norm) is { } unfit) yield return $"test-attack: {unfit}";

        if (Dropout is >= 0 and < 1 && Architectures.ValidateName("model", Model) is null && !Architectures.Find(Model).HasDropout)
            yield return $"dropout: {Model} has none";

        if (Init is null)
        {
            (string, object?)[] without = [("init-key", InitKey), ("reset-head", ResetHead), ("freeze", Freeze), ("head-rate", HeadRate)];
            foreach (var (name, value) in without)
            {
                if (value is not null) yield return $"{name} needs init, a model to begin with";
            }
        }
        else if (Normalize)
        {
            yield return "normalize and init exclude each other: a model keeps the normalization that it was trained with";
        }

        foreach (var problem in MethodValidator.Validate(this)) yield return problem;

        if (Nesterov && Momentum == 0) yield return "nesterov needs a momentum above 0";
        if (RandAugmentMagnitude is not null && RandAugment is null) yield return "rand-augment-magnitude needs rand-augment";
        if (ExtraData is not null && ExtraFraction is > 0 and <= 1 && (int)(BatchSize * ExtraFraction) == 0)
            yield return $"extra-fraction {ExtraFraction}: of a batch of {BatchSize} that is no image";
        if (ExtraData is null)
        {
            if (ExtraFraction != new TrainingOptions().ExtraFraction) yield return "extra-fraction needs extra-data";
            if (ExtraLimit is not null) yield return "extra-limit needs extra-data";
            if (DropDuplicates) yield return "drop-duplicates needs extra-data";
        }
        if (Adr && EmaDecay is null) yield return "adr needs ema-decay: the average of the weights softens the labels (0.995 as published)";
        if (AdrTemperature is not null && !Adr) yield return "adr-temperature needs adr";
        if (AdrShare is not null && !Adr) yield return "adr-share needs adr";
        if (EmaWarmUp && EmaDecay is null) yield return "ema-warm-up needs ema-decay";
        if (SwaStart is not null && EmaDecay is not null) yield return "swa-start and ema-decay exclude each other: one average is evaluated";
        if (SwaStart > Epochs) yield return $"swa-start {SwaStart} comes after the last epoch, {Epochs}";
        if (Milestones is not null && Schedule != "multistep") yield return $"milestones belong to multistep, not to {Schedule}";
        if (SelectOn == SelectOn.Validation
            && Validation < 1) yield return $"validation {Validation} is to choose the checkpoint: 1 or more; select-on last does without";
        if (SelectOn != SelectOn.Validation
            && Validation > 0) yield return $"validation {Validation}: select-on {EnumName.ToName(SelectOn)} sets no images aside";
        if (Keep.Contains(KeptWeights.Average) && SwaStart is null
            && EmaDecay is null) yield return "keep average needs swa-start or ema-decay: no average is taken";
        if (Keep.Contains(KeptWeights.Best)
            && SelectOn == SelectOn.Last) yield return "keep best needs select-on validation or test: nothing says which weights are best";
        if (SelectOn == SelectOn.Last && Patience is not null) yield return "patience needs select-on validation or test";
        if (LimitTrain <= Validation && SelectOn == SelectOn.Validation)
            yield return $"limit-train {LimitTrain} leaves nothing to train on beside {Validation} for validation";
    }

    /// <summary>The part of an architecture's learning rate that a trained model begins with.</summary>
    private const double FineTuningFactor = 0.1;
}
