using Arow.Training;

namespace Arow.Bench;

/// <summary>A place for a run that nobody will look at afterwards.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("arow-card-");

    /// <summary>The folder of the run, which is not there yet.</summary>
    public RunFolder Run => new(Path.Combine(root.FullName, "run"));

    public void Dispose() => root.Delete(recursive: true);
}
