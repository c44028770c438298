using System.Security.Cryptography;
using System.Text;
using Arow.Analysis;
using Arow.Attacks;
using Arow.Data;
using Arow.Evaluation;
using Arow.Models;

namespace Arow.Training;

/// <summary>The risks and their bounds after an epoch, as the log has them: see <see cref="RiskBound"/>.</summary>
/// <param name="Set">Which images.</param>
/// <param name="N">How many.</param>
/// <param name="Natural">R_nat.</param>
/// <param name="Robust">R_rob under PGD-10.</param>
/// <param name="Arow">ARoW's bound.</param>
/// <param name="Smooth">Its smooth form.</param>
/// <param name="Trades">TRADES' bound.</param>
public sealed record WatchedBound(string Set, int N, double Natural, double Robust, double Arow, double Smooth, double Trades);

/// <summary>
/// Looks at some training images and some that select the weights after an epoch, the same ones every time, under PGD-10
/// with cross-entropy whatever training minimises, so that runs can be compared. What it sees goes to the run folder, for
/// <c>arow analyze</c>; nothing of it flows back into training.
/// </summary>
internal sealed class Watcher : IDisposable
{
    private readonly WatchFolder folder;
    private readonly IReadOnlyList<(string Set, ImageSet Images)> sets;
    private readonly IAttack attack;
    private readonly (int BatchSize, long Seed) how;

    /// <param name="options">Of the run; <see cref="TrainingOptions.Watch"/> is set.</param>
    /// <param name="folder">Where it writes.</param>
    /// <param name="train">What is trained on.</param>
    /// <param name="selecting">What chooses the weights; null for nothing.</param>
    public Watcher(TrainingOptions options, WatchFolder folder, ImageSet train, ImageSet? selecting)
    {
        (this.folder, how) = (folder, (options.BatchSize, options.Seed));
        attack = Pgd.Standard(options.Threat, steps: 10);
        sets =
        [
            ("training", train.Limit(options.Watch, options.Seed)),
            .. selecting is null ? [] : ((string, ImageSet)[])[(NamedValue.Of(options.SelectOn), selecting.Limit(options.Watch, options.Seed))],
        ];
    }

    /// <summary>What it looks at.</summary>
    public IEnumerable<string> Sets => sets.Select(s => s.Set);

    /// <summary>Writes down what an epoch has come to, and gives the bound on the images that are not trained on, if there are any.</summary>
    /// <param name="network">What would be selected.</param>
    /// <param name="epoch">From 1.</param>
    public WatchedBound Look(Network network, int epoch)
    {
        var bound = default(WatchedBound)!;
        foreach (var (set, images) in sets)
        {
            var rows = new Examiner(new AttackRunner(network.ForEvaluation(), images, how.BatchSize, how.Seed)).Attack(attack);
            folder.Write(new WatchedEpoch(set, epoch, rows));
            var b = RiskBound.Of(rows);
            bound = new WatchedBound(set, b.N, b.Natural.Value, b.Robust.Value, b.Arow.Value, b.Smooth.Value, b.Trades.Value);
        }
        return bound;
    }

    /// <summary>Hash of what was watched in an epoch and all before it.</summary>
    /// <param name="before">The one of the epoch before; null for none.</param>
    /// <param name="epoch">From 1; its files are there.</param>
    public string Chain(string? before, int epoch)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in Sets.Select(set => EvaluationRun.Hash(folder.File(set, epoch))).Prepend(before ?? "")) sha.AppendData(Encoding.ASCII.GetBytes(part));
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, images) in sets) images.Dispose();
    }
}
