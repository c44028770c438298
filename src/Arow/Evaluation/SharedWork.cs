using Arow.Data;
using Arow.Distributed;
using Arow.IO;

namespace Arow.Evaluation;

/// <summary>
/// The folder beside an output, <c>OUTPUT.work</c>, in which processes share the work for it as an evaluation is shared: a journal of finished
/// batches, the locks of those in work, and <c>done</c> once the output is there.
/// </summary>
/// <param name="output">The file or folder that the work makes.</param>
/// <param name="resume">Whether to resume or join work that is there.</param>
/// <param name="group">Processes that a launcher started for the work: the first starts it, the others join.</param>
internal sealed class SharedWork(string output, bool resume, ProcessGroup group) : IDisposable
{
    private readonly string folder = $"{Path.TrimEndingDirectorySeparator(output)}.work";
    private EvaluationJournal? journal;

    /// <summary>The journal.</summary>
    private string JournalPath => Path.Combine(folder, "journal");

    /// <summary>Exists once the output of the journal is complete.</summary>
    private string DonePath => Path.Combine(folder, "done");

    /// <summary>Whether the output was complete when the work was opened.</summary>
    public bool WasDone { get; private set; }

    /// <summary>Whether other processes were at work when it was opened.</summary>
    public bool IsShared => journal!.IsShared;

    /// <summary>Returns why the work cannot start; null if it can.</summary>
    public string? Validate() =>
        OutputPath.ValidateFolder(folder) is { } fault ? $"{folder} {fault}"
        : !File.Exists(JournalPath) && OutputPath.FindEntries(folder).Any(entry => !EvaluationLocks.IsLock(entry)) ? $"{folder} is not empty and contains no journal"
        // Another process of the launcher comes when the first has begun.
        : !resume && group.IsFirst ? ValidateUnshared() : null;

    /// <summary>Returns why the output cannot be made without sharing: incomplete work for it is there; null if there is none.</summary>
    public string? ValidateUnshared() => File.Exists(JournalPath) && !IsDone
        ? $"{folder} contains incomplete work; {Wording.Current.ResumeIt}, or choose {Wording.Current.AnotherFolder}" : null;

    /// <summary>Makes processes of a launcher hold the images once on each machine. Before <see cref="Open"/>, when they leave the job.</summary>
    /// <param name="images">The same in all processes.</param>
    /// <param name="warn">Takes a warning.</param>
    public void Share(ImageSet images, Action<string> warn) => ImageMemory.Share(group, warn, images);

    /// <summary>Starts, resumes or joins the work.</summary>
    /// <exception cref="InputException">The existing work is other work or damaged, or another process is at it and it is not resumed.</exception>
    public EvaluationJournal Open(EvaluationIdentity identity)
    {
        var start = new JournalStart(resume) { Validate = Validate, Started = () => File.Delete(DonePath) };
        journal = group.StartThenJoin(
            () => EvaluationJournal.Open(JournalPath, identity, start),
            () => EvaluationJournal.Open(JournalPath, identity, start with { Resume = true, Joins = true }));
        WasDone = IsDone;
        return journal;
    }

    /// <summary>Writes the output, unless another process has.</summary>
    /// <param name="write">Writes it atomically.</param>
    /// <param name="stop">Cancels the wait for another process that writes.</param>
    /// <returns>Whether it was written here.</returns>
    public bool Write(Action write, CancellationToken stop)
    {
        using var results = journal!.LockResults(stop);
        if (IsDone) return false;
        write();
        AtomicFile.Write(DonePath, "");
        return true;
    }

    public void Dispose() => journal?.Dispose();

    private bool IsDone => File.Exists(DonePath) && Path.Exists(output);
}
