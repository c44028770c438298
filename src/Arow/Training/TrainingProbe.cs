using System.Security.Cryptography;
using System.Text;
using Arow.Analysis;
using Arow.Attacks;
using Arow.Data;
using Arow.Evaluation;
using Arow.Models;
using Arow.Options;

namespace Arow.Training;

/// <summary>The risks and their bounds after an epoch, as in the log: see <see cref="RiskBound"/>.</summary>
/// <param name="Set">The set of images.</param>
/// <param name="N">The number of images.</param>
/// <param name="Natural">R_nat.</param>
/// <param name="Robust">R_rob under PGD-10.</param>
/// <param name="Arow">ARoW's bound.</param>
/// <param name="Smooth">Its smooth form.</param>
/// <param name="Trades">TRADES' bound.</param>
public sealed record EpochBound(string Set, int N, double Natural, double Robust, double Arow, double Smooth, double Trades);

/// <summary>
/// Records some training and some selecting images after an epoch, the same ones every time, under PGD-10
/// with cross-entropy for every objective, so that runs can be compared. The records go to the run folder, for
/// <c>arow analyze</c>; they do not affect training.
/// </summary>
internal sealed class TrainingProbe : IDisposable
{
    private readonly ProbeFolder folder;
    private readonly IReadOnlyList<(string Set, ImageSet Images)> sets;
    private readonly IAttack attack;
    private readonly (int BatchSize, long Seed) settings;

    /// <param name="options">The options of the run; <see cref="TrainingOptions.Watch"/> is set.</param>
    /// <param name="folder">The folder of the records.</param>
    /// <param name="train">The training images.</param>
    /// <param name="selecting">The selecting images; null for none.</param>
    public TrainingProbe(TrainingOptions options, ProbeFolder folder, ImageSet train, ImageSet? selecting)
    {
        (this.folder, settings) = (folder, (options.BatchSize, options.Seed));
        attack = Pgd.Standard(options.Threat, steps: 10);
        sets =
        [
            ("training", train.Limit(options.Watch, options.Seed)),
            .. selecting is null ? [] : ((string, ImageSet)[])[(EnumName.ToName(options.SelectOn), selecting.Limit(options.Watch, options.Seed))],
        ];
    }

    /// <summary>The recorded images.</summary>
    public IEnumerable<string> Sets => sets.Select(s => s.Set);

    /// <summary>Records an epoch and returns the bound on the selecting images, if there are any.</summary>
    /// <param name="network">The candidate for selection.</param>
    /// <param name="epoch">The epoch, from 1.</param>
    public EpochBound Run(Network network, int epoch)
    {
        var bound = default(EpochBound)!;
        foreach (var (set, images) in sets)
        {
            var rows = new RobustnessAnalyzer(new AttackRunner(network.ForEvaluation(), images, settings.BatchSize, settings.Seed)).Analyze(attack);
            folder.Write(new ProbedEpoch(set, epoch, rows));
            var b = RiskBound.Compute(rows);
            bound = new EpochBound(set, b.N, b.Natural.Value, b.Robust.Value, b.Arow.Value, b.Smooth.Value, b.Trades.Value);
        }
        return bound;
    }

    /// <summary>Computes the hash of the records of an epoch and all before it.</summary>
    /// <param name="previous">The hash of the previous epoch; null for none.</param>
    /// <param name="epoch">The epoch, from 1; its files exist.</param>
    public string ChainHash(string? previous, int epoch)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in Sets.Select(set => EvaluationRun.HashFile(folder.File(set, epoch)))
            .Prepend(previous ?? "")) sha.AppendData(Encoding.ASCII.GetBytes(part));
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    public void Dispose()
    {
        foreach (var (_, images) in sets) images.Dispose();
    }
}
