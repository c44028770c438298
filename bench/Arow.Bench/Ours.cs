using Arow.Attacks;
using Arow.Models;
using Arow.Models.Execution;
using Arow.Training;

namespace Arow.Bench;

/// <summary>Arow's own training step, put together as the trainer does.</summary>
internal sealed class Ours : IStep
{
    private readonly Func<int, TrainingStep> step;
    private readonly Sgd optimizer;
    private readonly Noise noise;
    private readonly Tensor samples;
    private StepResult? last;

    public Ours(Network network, Job job, Precision precision = Precision.Auto)
    {
        var threat = new ThreatModel(Norm.Linf, Job.Epsilon);
        optimizer = new Sgd(network.Parameters, new SgdOptions());
        step = attackSteps => new TrainingStep(
            network, new Objectives.Arow(Job.Lambda, Job.Smoothing), Pgd.Standard(threat, attackSteps, AttackLoss.Kl), optimizer)
        {
            Precision = precision,
            DefersReadback = network.Device.type == DeviceType.CUDA,
        };
        samples = arange(job.Batch, dtype: ScalarType.Int64, device: network.Device).DetachFromDisposeScope();
        noise = Noise.Keyed(0, samples);
    }

    /// <summary>Of the step before; a GPU is waited for.</summary>
    public double Loss => last!.Loss;

    public void Take(Tensor x, Tensor y, int attackSteps = Job.AttackSteps)
    {
        last?.Dispose();
        last = step(attackSteps).Run(new StepBatch(x, y, noise, Job.LearningRate));
    }

    public void Dispose()
    {
        optimizer.Dispose();
        samples.Dispose();
        last?.Dispose();
    }
}
