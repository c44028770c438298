using System.Security.Cryptography;
using System.Text;
using Arow.Evaluation;
using Arow.Inference;
using Arow.Runtime;
using Arow.Training;

namespace Arow.Cli;

/// <summary>Pictures that processes classify together, blocks of batches at a time. Batches, and so lines, are those of one process.</summary>
/// <param name="predictor">Classifies.</param>
/// <param name="batchSize">Pictures at a time.</param>
/// <param name="names">The names of all pictures.</param>
/// <param name="paths">The files, folders and archives that have them.</param>
/// <param name="format">Formats a line.</param>
internal sealed class SharedPrediction(
    Predictor predictor, int batchSize, IReadOnlyList<string> names, IReadOnlyList<string> paths, Func<NamedPrediction, string> format) : IDisposable
{
    /// <summary>The least pictures of a block: a claim and a line of the journal cost a few milliseconds, on network disks more.</summary>
    private const int LeastBlock = 256;

    private const int Stage = 1;

    /// <summary>All pictures in order, of which only the next can be read, and its number.</summary>
    private PictureFiles? pictures;
    private IEnumerator<(string Name, Func<byte[]> Read)>? next;
    private int number;

    /// <summary>Identifies the work: everything that its lines depend on.</summary>
    public EvaluationIdentity Identify(string weights, bool isJson, PredictOptions options) => new(
        [
            ["Arow", Provenance.Version],
            ["weights (SHA-256)", EvaluationRun.HashFile(weights)],
            ["pictures", $"{names.Count}"],
            ["names (SHA-256)", Hash(names)],
            ["lines", isJson ? "JSON" : "text"],
            .. PredictOptions.Settings.Where(row => row.Name is not "threads").Select(row => new[] { row.Name, row.Get(options) ?? "none" }),
        ])
    {
        Environment = ComputeEnvironment.Current(TrainingRun.FindDevice(options.Device).type),
    };

    /// <summary>Returns the lines of all pictures in order.</summary>
    public IEnumerable<PredictedLine> Run(EvaluationJournal journal, CancellationToken stop)
    {
        var size = batchSize * Math.Max(1, LeastBlock / batchSize);
        List<int[]> blocks = [.. Enumerable.Range(0, names.Count).Chunk(size)];
        var stage = EvaluationStage.Create(journal, Stage, blocks, Classify, stop);
        return blocks.SelectMany((block, n) => stage.GetOrCompute(n).Rows is var rows && rows.Count == block.Length ? rows
            : throw new InputException("the journal does not match the pictures; without that file the work restarts")).Select(PredictedLine.Parse);

        BatchRecord Classify(int[] block) => new(0, 0, 0,
            [.. predictor.Predict(Read(block), stop).Select(p => PredictedLine.From(p, format(p)).ToRecord())]);
    }

    /// <summary>
    /// Reads the pictures of a block, after those before it are passed over. Blocks are computed in order but for those of killed processes.
    /// </summary>
    private IEnumerable<(string Name, Func<byte[]> Read)> Read(int[] block)
    {
        if (next is null || number > block[0])
        {
            Dispose();
            pictures = new PictureFiles(paths);
            (next, number) = (pictures.Enumerate().GetEnumerator(), 0);
        }
        while (number <= block[^1])
        {
            if (!next.MoveNext() || next.Current.Name != names[number])
                throw new InputException($"{names[number]}: the pictures have changed since the work began");
            if (number++ >= block[0]) yield return next.Current;
        }
    }

    public void Dispose()
    {
        next?.Dispose();
        pictures?.Dispose();
        (next, pictures) = (null, null);
    }

    private static string Hash(IEnumerable<string> names)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in names) hash.AppendData(Encoding.UTF8.GetBytes(name + '\n'));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
