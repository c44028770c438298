namespace Arow.EndToEnd.Infra;

/// <summary>Two processes train as one, which nothing happens to; made when it is first asked for, once for all tests.</summary>
public sealed class UnhurtRun : IDisposable
{
    /// <summary>With batch norm. Checkpoints after every step or two: what is disturbed is resumed within an epoch.</summary>
    internal const string Training = "train --dataset glyphs --model tiny-cnn --objective arow --attack-steps 2 --limit-train 200 --validation 40 "
        + "--limit-test 20 --test-attack clean --threads 1 --lr 0.02 --checkpoint-every 0.01 --epochs 12 --batch-size 32 --output";

    private readonly Program arow = new();
    private readonly Lazy<string> folder;

    public UnhurtRun() => folder = new(() =>
    {
        Launched.Run(arow, Launched.OpenMpi, $"{Training} unhurt").AssertDone();
        return arow.File("unhurt");
    });

    internal string Folder => folder.Value;

    public void Dispose() => arow.Dispose();
}
