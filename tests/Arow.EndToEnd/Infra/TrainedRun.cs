namespace Arow.EndToEnd.Infra;

/// <summary>A folder with a small network in <c>run</c>: trained once for all tests, and copied for each class.</summary>
public sealed class TrainedRun : IDisposable
{
    private static readonly Lazy<Program> Once = new(() =>
    {
        var arow = new Program();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => arow.Dispose();
        arow.Run(
            "train", "--dataset", "glyphs", "--model", "tiny-cnn", "--limit-train", "800", "--limit-test", "20", "--epochs", "3",
            "--batch-size", "40", "--attack-steps", "2", "--epsilon", "0.05", "--lr", "0.1", "--test-attack", "clean", "--output", "run").AssertDone();
        return arow;
    });

    public TrainedRun()
    {
        foreach (var file in Directory.EnumerateFiles(Once.Value.File("run"), "*", SearchOption.AllDirectories))
        {
            var copy = Arow.File(Path.GetRelativePath(Once.Value.Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    internal Program Arow { get; } = new();

    public void Dispose() => Arow.Dispose();
}
