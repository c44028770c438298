using System.Diagnostics;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Models;
using Arow.Objectives;

namespace Arow.Training;

/// <summary>How a run ended.</summary>
/// <param name="Epochs">Epochs that were completed.</param>
/// <param name="BestEpoch">The epoch whose weights were selected, from 1.</param>
/// <param name="Interrupted">Whether it was asked to stop before its end; it can be resumed.</param>
public sealed record TrainingResult(int Epochs, int BestEpoch, bool Interrupted);

/// <summary>
/// The training loop: epochs of batches, averages, selection and checkpoints. A run that was stopped at any moment and
/// resumed gives bit for bit the weights of one that was not: every random number is keyed by seed, epoch and sample,
/// and everything else is in the checkpoint.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly TrainingOptions options;
    private readonly RunFolder folder;
    private readonly ImageSet train;
    private readonly ImageSet? selecting;
    private readonly Network network;
    private readonly IObjective objective;
    private readonly IAttack? attack;
    private readonly IAttack selectingAttack;
    private readonly Sgd optimizer;
    private readonly Schedule schedule;
    private readonly WeightAverage? average;
    private readonly Batches batches;
    private readonly RunLog log;
    private Position position = new();

    /// <summary>Prepares a run.</summary>
    /// <param name="options">Valid options: see <see cref="TrainingOptions.Problems"/>.</param>
    /// <param name="folder">Where it is kept.</param>
    /// <param name="network">Freshly made; trained in place.</param>
    /// <param name="train">What to train on.</param>
    /// <param name="selecting">What chooses the checkpoint; null to take the last.</param>
    /// <param name="augmentation">Applied to every training batch.</param>
    public Trainer(
        TrainingOptions options, RunFolder folder, Network network,
        ImageSet train, ImageSet? selecting, Augmentation augmentation)
    {
        (this.options, this.folder, this.network, this.train, this.selecting) = (options, folder, network, train, selecting);
        objective = options.CreateObjective();
        attack = options.CreateAttack(objective);
        selectingAttack = Pgd.Standard(options.Threat, steps: 10);
        optimizer = new Sgd(network.Parameters, options.SgdOptions);
        schedule = options.CreateSchedule();
        average = options.CreateAverage(network);
        batches = new Batches(train, options.BatchSize, options.Seed, augmentation);
        log = new RunLog(folder);
    }
}
