// An objective, an attack, a data set and a network of one's own, without a change to Arow: OwnPieces FOLDER
using Arow;
using Arow.Attacks;
using Arow.Data;
using Arow.Models;
using Arow.Objectives;
using Arow.Registry;
using Arow.Runtime;
using Arow.Training;
using static TorchSharp.torch;

ArowRuntime.Initialize();

Catalog.Add(new Stripes());
Catalog.Add("sign-flip", new AttackMethod([], (threat, _) => new SignFlip(threat)));
Catalog.Add("focal", new Method(Lambda: null, Smoothing: 0, (_, _) => new Focal()));
Architectures.Add("one-layer", new Architecture((input, classes) => nn.Sequential(
    ("flatten", nn.Flatten()), ("fc", nn.Linear(input.Channels * input.Height * input.Width, classes)))) { LearningRate = 0.1 });

var options = new TrainingOptions
{
    Dataset = "stripes", Model = "one-layer", Objective = "focal", Threat = new(Norm.Linf, Ratio.FromFraction(8, 255)),
    LimitTrain = 400, LimitTest = 100, Epochs = 4, BatchSize = 20, TestAttack = "sign-flip",
};
using var run = new TrainingRun(options, new RunFolder(args[0]));
run.Run();
var summary = run.Evaluate();
Console.WriteLine($"clean {summary.CleanAccuracy:P0}, under sign-flip {summary.RobustAccuracy:P0}");

/// <summary>The focal loss of adversarial images, (1 − q_y)² · (−log q_y).</summary>
internal sealed record Focal : IObjective
{
    public AttackLoss? AttackLoss => Arow.Attacks.AttackLoss.CrossEntropy;

    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        var z = f(xAdv);
        return ((1 - Losses.Probability(z, y)).square() * Losses.CrossEntropy(z, y)).mean();
    }
}

/// <summary>Half of the pixels of each image up by ε, the others down, at random.</summary>
internal sealed record SignFlip(ThreatModel Threat) : IAttack
{
    public string Name => "sign-flip";

    public Access Needs => Access.Labels;

    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        return Threat.Project(x + Threat.Epsilon * (noise.Uniform(x) - 0.5).sign(), x).MoveToOuterDisposeScope();
    }
}

/// <summary>Images of 16x16 pixels with horizontal or vertical stripes, and noise.</summary>
internal sealed class Stripes : IDataSet
{
    public string Name => "stripes";

    public string Title => "horizontal and vertical stripes";

    public Augmentation Augmentation => Augmentation.None;

    public IReadOnlyList<RemoteFile> Files => [];

    public bool IsGenerated => true;

    public ImageSet Load(Split split, string? folder)
    {
        using var scope = NewDisposeScope();
        var n = split == Split.Train ? 1000 : 200;
        using var generator = new Generator(split == Split.Train ? 1UL : 2UL);
        var labels = arange(n, dtype: ScalarType.Int64) % 2;
        var stripes = (arange(16) / 2 % 2).reshape(1, 1, 16, 1).expand(1, 1, 16, 16).to(float32);
        var clean = where(labels.reshape(-1, 1, 1, 1) == 0, stripes, stripes.transpose(2, 3));
        var images = ((0.6 * clean + 0.4 * rand([n, 1, 16, 16], generator: generator)) * 255).to(ScalarType.Byte);
        return new ImageSet(Name, images.MoveToOuterDisposeScope(), labels.MoveToOuterDisposeScope(), ["horizontal", "vertical"]);
    }
}
