using Arow.Attacks;
using Arow.Data;
using Arow.Models;
using Arow.Models.Execution;
using Arow.Training;

namespace Arow.Bench;

/// <summary>Whether ten thousand steps get slower or larger on the way: small ones, with all that the trainer does for them.</summary>
internal static class Steady
{
    private const int Steps = 10_000, Each = 1_000;

    /// <summary>Prints a line for every thousand steps, then the last beside the first.</summary>
    public static int Run()
    {
        // Threads that wait for each other spend time on waiting, the more of it the less of the machine is theirs.
        set_num_threads(1);
        var input = new InputShape(1, 28, 28);
        var threat = new ThreatModel(Norm.Linf, Job.Epsilon);
        using var set = new Glyphs().Draw(Split.Train, 1_000);
        using var network = Network.Create("small-cnn", input, Job.Classes, Normalization.None, seed: 0);
        using var optimizer = new Sgd(network.Parameters, new SgdOptions());
        var step = new TrainingStep(network, new Objectives.Arow(Job.Lambda, Job.Smoothing), Pgd.Standard(threat, 2, AttackLoss.Kl), optimizer)
        {
            Precision = Precision.Auto,
        };
        var batches = new Batches(set, size: 8, seed: 0, new Augmentation(Padding: 2, Flip: true));

        Console.WriteLine(Machine.Description);
        Console.WriteLine("| steps | processor time, s | resident, MB | live tensors | managed heap, MB |");
        Console.WriteLine("|---|---|---|---|---|");
        using var batch = Stream().GetEnumerator();
        for (var done = Each; done <= Steps; done += Each)
        {
            var reading = Reading.Of(() =>
            {
                for (var i = 0; i < Each && batch.MoveNext(); i++)
                    step.Run(new StepBatch(batch.Current.Images, batch.Current.Labels, Noise.Keyed(0, batch.Current.Samples), Job.LearningRate))
                        .Dispose();
            });
            var live = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            Console.WriteLine($"| {done} | {reading.Processor:0.00} | {Environment.WorkingSet / 1e6:0} | {live} | "
                + $"{GC.GetTotalMemory(forceFullCollection: false) / 1e6:0.0} |");
        }
        return 0;

        IEnumerable<Batch> Stream()
        {
            for (var epoch = 0; ; epoch++)
                foreach (var one in batches.Epoch(epoch)) yield return one;
        }
    }
}
