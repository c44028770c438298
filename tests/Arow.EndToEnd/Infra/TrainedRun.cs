namespace Arow.EndToEnd.Infra;

/// <summary>A folder with a small network in <c>run</c>, trained once for the tests of a class.</summary>
public sealed class TrainedRun : IDisposable
{
    public TrainedRun() => Arow.Run(
        "train", "--dataset", "glyphs", "--model", "tiny-cnn", "--limit-train", "800", "--limit-test", "20", "--epochs", "3",
        "--batch-size", "40", "--attack-steps", "2", "--epsilon", "0.05", "--lr", "0.1", "--test-attack", "clean", "--output", "run").AssertDone();

    internal Program Arow { get; } = new();

    public void Dispose() => Arow.Dispose();
}
