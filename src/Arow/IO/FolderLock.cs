using System.Globalization;
using System.Text;

namespace Arow.IO;

/// <summary>
/// An exclusive lock on a folder or a file that a process writes: a lock on a file, released when the process ends, however
/// it ends.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    /// <summary>Content of a lock file about to be removed: a lock that is acquired after that is on a file that others no longer see.</summary>
    private static readonly byte[] RemovedMarker = "removed\n"u8.ToArray();

    private readonly FileStream file;
    private readonly bool temporary;
    private readonly IReadOnlyList<string> createdFolders;

    private FolderLock(FileStream file, bool temporary, IReadOnlyList<string> createdFolders) =>
        (this.file, this.temporary, this.createdFolders) = (file, temporary, createdFolders);

    /// <summary>Locks an output that is moved to its place when complete, with a temporary lock file beside it.</summary>
    /// <param name="output">A file, or a folder.</param>
    /// <exception cref="InputException">Another process has the lock, or the place cannot be written.</exception>
    public static FolderLock AcquireFor(string output)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output));
        return TryAcquire(Path.Combine(Path.GetDirectoryName(full) ?? full, $".{Path.GetFileName(full)}.lock"), temporary: true)
            ?? throw new InputException($"{output}: is being written by another process");
    }

    /// <summary>Tries to acquire the lock; null if another process has it.</summary>
    /// <param name="path">The lock file; created if needed, with its folder.</param>
    /// <param name="temporary">Whether the file is removed with the lock, together with folders that were created for it and are empty.</param>
    /// <exception cref="InputException">The file cannot be created or locked.</exception>
    public static FolderLock? TryAcquire(string path, bool temporary = false) => TryOpen(path, (full, createdFolders, last) =>
    {
        var file = new FileStream(full, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        if (!IsRemoved(file) || last)
        {
            file.SetLength(0);
            file.Write(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}\n")));
            file.Flush();
            return new FolderLock(file, temporary, createdFolders);
        }
        file.Dispose();
        return null;
    });

    /// <summary>
    /// Tries to share the lock with all processes that share it: none of them can acquire it for itself. Null if a process has it for itself.
    /// </summary>
    /// <param name="path">The lock file; created if needed, with its folder. It stays when the lock is released.</param>
    /// <exception cref="InputException">The file cannot be created or locked.</exception>
    public static FolderLock? TryShare(string path) => TryOpen(path, (full, createdFolders, last) =>
    {
        // Network file systems share locks among readers only.
        var file = new FileStream(full, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite);
        if (!IsRemoved(file) || last) return new FolderLock(file, temporary: false, createdFolders);
        file.Dispose();
        return null;
    });

    /// <summary>Waits until the lock is acquired.</summary>
    /// <param name="path">The lock file.</param>
    /// <param name="stop">Cancels the wait.</param>
    public static FolderLock Acquire(string path, CancellationToken stop) => TryAcquire(path, Timeout.InfiniteTimeSpan, stop: stop)!;

    /// <summary>Waits for the lock; null if another process still has it at the end of the wait.</summary>
    /// <param name="path">The lock file.</param>
    /// <param name="longest">The length of the wait; infinite if negative.</param>
    /// <param name="temporary">As in <see cref="TryAcquire(string, bool)"/>.</param>
    /// <param name="stop">Cancels the wait.</param>
    public static FolderLock? TryAcquire(string path, TimeSpan longest, bool temporary = false, CancellationToken stop = default)
    {
        const int Milliseconds = 50;
        for (var clock = new WaitingClock(); ;)
        {
            if (TryAcquire(path, temporary) is { } folderLock) return folderLock;
            if (longest >= TimeSpan.Zero && clock.Read() > longest) return null;
            stop.WaitHandle.WaitOne(Milliseconds);
            stop.ThrowIfCancellationRequested();
        }
    }

    public void Dispose()
    {
        if (!temporary || !file.CanWrite)
        {
            file.Dispose();
            return;
        }
        try
        {
            file.SetLength(0);
            file.Write(RemovedMarker);
            file.Flush();
            // Windows cannot remove open files; there no other process can have opened it meanwhile.
            if (OperatingSystem.IsWindows()) file.Dispose();
            File.Delete(file.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that remains does no harm.
        }
        file.Dispose();
        OutputPath.RemoveFolders(createdFolders);
    }

    /// <summary>Opens a lock file; null if it is locked.</summary>
    /// <param name="path">The lock file.</param>
    /// <param name="open">
    /// Opens the file, with the folders that were created for it, and whether this is the last attempt; null to try again, because the file
    /// is one that others no longer see.
    /// </param>
    private static FolderLock? TryOpen(string path, Func<string, IReadOnlyList<string>, bool, FolderLock?> open)
    {
        const int MaximumAttempts = 20;
        path = Path.GetFullPath(path);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var createdFolders = OutputPath.CreateFolders(Path.GetDirectoryName(path)!);
                // If it still says removed after many tries, its process was killed just before it could remove the file.
                if (open(path, createdFolders, attempt > MaximumAttempts) is { } folderLock) return folderLock;
                Thread.Sleep(1);
            }
            catch (IOException e) when (IsLocked(e))
            {
                return null;
            }
            catch (DirectoryNotFoundException) when (attempt <= MaximumAttempts)
            {
                // Another process has removed the folder, which was empty, since it was created.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new InputException($"{path}: cannot be locked: {FileError.Describe(e)}", e);
            }
        }
    }

    private static bool IsRemoved(FileStream file)
    {
        if (file.Length != RemovedMarker.Length) return false;
        var content = new byte[RemovedMarker.Length];
        file.ReadExactly(content);
        return content.AsSpan().SequenceEqual(RemovedMarker);
    }

    /// <summary>Whether an open failed because the file is locked, not because of the disk: EWOULDBLOCK, or a sharing violation on Windows.</summary>
    internal static bool IsLocked(IOException e) => OperatingSystem.IsWindows()
        ? (e.HResult & 0xffff) is 32 or 33
        : e.HResult == (OperatingSystem.IsMacOS() ? 35 : 11);
}
