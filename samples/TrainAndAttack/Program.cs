// Trains a small network with ARoW, attacks it, and predicts with it: TrainAndAttack FOLDER
using Arow;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Runtime;
using Arow.Training;
using TorchSharp;

ArowRuntime.Initialize();

var options = new TrainingOptions
{
    Dataset = "glyphs", LimitTrain = 800, LimitTest = 100, Model = "tiny-cnn", Objective = "arow",
    Threat = new(Norm.Linf, Ratio.FromFraction(8, 255)), Epochs = 8, BatchSize = 40, LearningRate = 0.1, TestAttack = "pgd10",
};
using var run = new TrainingRun(options, new RunFolder(args[0]));
run.Run();
var summary = run.Evaluate();
Console.WriteLine($"clean {summary.CleanAccuracy:P1}, robust {summary.RobustAccuracy:P1} under {options.TestAttack}");

// The same network, and an attack of one's own choice: a function from images in [0, 1] to logits is all that it sees.
using var scope = torch.NewDisposeScope();
using var images = new Glyphs().Load(Split.Test, folder: null);
var (network, _) = NetworkFile.Load(run.Folder.Weights);
using (network)
{
    Classifier f = network.ForEvaluation();
    var attack = AutoAttack.Standard(new ThreatModel(Norm.Linf, Ratio.FromFraction(8, 255)), new AttackBudget(Steps: 10, Queries: 100));
    var (x, y) = (ImageSet.ToPixels(images.Images[..20]), images.Labels[..20]);
    var xAdv = attack.Perturb(f, x, y, Noise.Keyed(seed: 0, samples: images.Indices[..20]));
    Console.WriteLine($"{attack.Name}: {(f(xAdv).argmax(1) != y).sum().item<long>()} of 20 images misclassified");
}
