namespace Arow.Faults.Readers;

/// <summary>
/// Every reader, and what they need. A test holds the list against the sources: whatever opens a file for reading is reached by
/// one of them, or is named below with the reason why not.
/// </summary>
internal sealed class ReaderSet : IDisposable
{
    private readonly ModelReaders models = new();
    private readonly RecordReaders records = new();

    public ReaderSet() => All = [.. ImageReaders.All, .. models.All, .. records.All];

    public IReadOnlyList<Reader> All { get; }

    /// <summary>Sources that open files which are nobody's input, or whose content is only copied, hashed or shown.</summary>
    public static IReadOnlyDictionary<string, string> Exempt { get; } = new Dictionary<string, string>
    {
        ["LibTorch.cs"] = "libraries that are installed",
        ["ScalarQuarantine.cs"] = "what the system says of this process",
        ["Nccl.cs"] = "what the system says of this process",
        ["SharedMemory.cs"] = "what the system says of itself",
        ["WeakenVersion.cs"] = "runs while the library is built",
        ["ComputeEnvironment.cs"] = "what the system says of its processor",
        ["FolderLock.cs"] = "a lock, whose content is not read",
        ["RegularFile.cs"] = "opens for all others",
        ["OutputPath.cs"] = "writes",
        ["EventFile.cs"] = "writes",
        ["LogFile.cs"] = "writes",
        ["ResizedPictures.cs"] = "reads what it kept itself, again where that is not whole",
        ["TemporaryFiles.cs"] = "opens to see whether others do",
        ["AtomicFile.cs"] = "writes",
        ["Download.cs"] = "hashes bytes",
        ["EvaluationRun.cs"] = "hashes bytes",
        ["HtmlRenderer.cs"] = "looks for its own mark among the first characters",
        ["StudyFolder.cs"] = "copies the study, compares and shows text",
    };

    public void Dispose()
    {
        models.Dispose();
        records.Dispose();
    }
}
