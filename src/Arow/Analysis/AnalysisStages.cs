using System.Globalization;
using Arow.Attacks;
using Arow.Evaluation;

namespace Arow.Analysis;

/// <summary>
/// The stages of an analysis, always in the same order, and their batches. With a journal, processes share the batches as those of an
/// evaluation: each computes what no other has, and all get the same lines.
/// </summary>
/// <param name="journal">The journal; null for none.</param>
internal sealed class AnalysisStages(EvaluationJournal? journal)
{
    private int count;

    /// <summary>Runs a stage.</summary>
    /// <param name="batches">The positions of the images of each batch.</param>
    /// <param name="compute">Computes the lines of a batch: all that later stages and the results need of it.</param>
    /// <param name="stop">Requests a stop.</param>
    /// <returns>Each batch, in order, and its lines.</returns>
    public IEnumerable<(int[] Positions, IReadOnlyList<string> Lines)> Run(
        IEnumerable<int[]> batches, Func<int[], IReadOnlyList<string>> compute, CancellationToken stop)
    {
        List<int[]> all = [.. batches];
        var stage = EvaluationStage.Create(journal, ++count, all, batch => new BatchRecord(0, 0, 0, compute(batch)), stop);
        return all.Select((batch, n) => (batch, stage.GetOrCompute(n).Rows));
    }

    /// <summary>Runs an attack, each part of an ensemble as a stage.</summary>
    /// <param name="runner">Attacks.</param>
    /// <param name="attack">The attack.</param>
    /// <param name="positions">The positions of the images in the set.</param>
    /// <param name="describe">Describes the images of an attacked batch in text without line breaks.</param>
    /// <param name="labels">As in <see cref="AttackRunner.Load"/>.</param>
    /// <param name="stop">Requests a stop.</param>
    public IEnumerable<DescribedBatch> Attack(
        AttackRunner runner, IAttack attack, IReadOnlyList<int> positions, Func<AttackedBatch, IReadOnlyList<string>> describe,
        IReadOnlyList<long>? labels = null, CancellationToken stop = default)
    {
        return runner.AttackParts(attack, positions, Run, batch => batch.Margins, (batch, i) => batch.Misclassified[i])
            .Select(part => part.Batch with { IsStrongest = part.IsStrongest, Finished = part.Finished });

        IEnumerable<(int[], DescribedBatch)> Run(IAttack part, IEnumerable<int[]> subsets) => this.Run(subsets, subset =>
        {
            using var scope = NewDisposeScope();
            var batch = runner.Attack(part, runner.Load(subset, labels), stop);
            return [.. describe(batch).Select((text, i) => string.Create(CultureInfo.InvariantCulture,
                $"{runner.Indices[subset[i]]}\t{batch.Margin[i]:R}\t{(batch.IsMisclassified(i) ? 1 : 0)}\t{text}"))];
        }, stop).Select(done => (done.Positions, DescribedBatch.Parse(runner, done.Positions, done.Lines)));
    }

    /// <summary>Returns the cells of lines that start with the index of an image.</summary>
    /// <exception cref="InputException">They are of other images.</exception>
    public static IReadOnlyList<string[]> Split(AttackRunner runner, IReadOnlyList<int> positions, IReadOnlyList<string> lines)
    {
        List<string[]> cells = [.. lines.Select(line => line.Split('\t'))];
        return cells.Select(line => line[0]).SequenceEqual(positions.Select(p => runner.Indices[p].ToString(CultureInfo.InvariantCulture))) ? cells
            : throw new InputException("the journal does not match the analysis; without that file the work restarts");
    }
}

/// <summary>What a journal keeps of images that are attacked together.</summary>
/// <param name="Positions">Their positions in the set.</param>
/// <param name="Margins">As in <see cref="AttackedBatch.Margin"/>.</param>
/// <param name="Misclassified">Whether each image is misclassified.</param>
/// <param name="Descriptions">The description of each image, its cells.</param>
internal sealed record DescribedBatch(
    IReadOnlyList<int> Positions, IReadOnlyList<double> Margins, IReadOnlyList<bool> Misclassified, IReadOnlyList<string[]> Descriptions)
{
    /// <summary>As in <see cref="AttackedBatch"/>.</summary>
    public IReadOnlyList<bool> IsStrongest { get; init; } = [];

    /// <summary>As in <see cref="AttackedBatch"/>.</summary>
    public int Finished { get; init; }

    internal static DescribedBatch Parse(AttackRunner runner, IReadOnlyList<int> positions, IReadOnlyList<string> lines)
    {
        const int Own = 3;
        var cells = AnalysisStages.Split(runner, positions, lines);
        return new(positions, [.. cells.Select(line => double.Parse(line[1], CultureInfo.InvariantCulture))],
            [.. cells.Select(line => line[2] == "1")], [.. cells.Select(line => line[Own..])]);
    }
}
