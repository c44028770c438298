using Arow.Attacks;
using Arow.Data;
using Arow.Evaluation;
using Arow.Training;

namespace Arow.Bench;

/// <summary>
/// AutoAttack on a small network that was trained to withstand, on the CPU and on the device, with the same random numbers.
/// Rounding differs, and an image at the very edge may fall on one of them alone.
/// </summary>
internal static class SameAttack
{
    public static CardRow Check(CardOptions options)
    {
        var (images, budget) = options.Small ? (24, new AttackBudget(Steps: 10, Queries: 100, Targets: 3)) : (500, AttackBudget.Default);
        using var scratch = new Scratch();
        var training = new TrainingOptions
        {
            Dataset = "glyphs", LimitTrain = 2000, Model = "tiny-cnn", Epochs = options.Small ? 2 : 15, BatchSize = 50, LearningRate = 0.1,
            Schedule = "cyclic", Seed = 1,
        };
        using (var run = new TrainingRun(training, scratch.Run)) run.Run();
        var (on, there) = (Robust(device("cpu")), Robust(options.Device));
        var same = on.Zip(there).Count(p => p.First == p.Second);
        return new CardRow($"{on.Count(r => r)} and {there.Count(r => r)} of {images}, {same} images alike", "99 % alike", same >= 0.99 * images);

        List<bool> Robust(Device device)
        {
            var (network, _) = Checkpoints.NetworkFile.Load(scratch.Run.Weights);
            using (network)
            {
                network.Module.to(device);
                using var all = new Glyphs().Draw(Split.Test, images);
                using var set = all.To(device);
                IAttack attack = AutoAttack.Standard(new ThreatModel(Norm.Linf, Job.Epsilon), budget);
                return [.. new Evaluator(new AttackRunner(network.ForEvaluation(), set, 100, seed: 0)).Run([attack]).Rows.Select(r => r.Robust)];
            }
        }
    }
}
