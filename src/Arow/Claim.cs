using System.Globalization;
using System.Text;

namespace Arow;

/// <summary>
/// The right to write a folder or a file, which one process has at a time: an exclusive lock on a file, which ends with the
/// process however that ends.
/// </summary>
public sealed class Claim : IDisposable
{
    /// <summary>What a file says that is about to be removed: whoever locks it after that holds a lock that others no longer see.</summary>
    private static readonly byte[] Removed = "removed\n"u8.ToArray();

    private readonly FileStream file;
    private readonly bool temporary;
    private readonly IReadOnlyList<string> made;

    private Claim(FileStream file, bool temporary, IReadOnlyList<string> made) => (this.file, this.temporary, this.made) = (file, temporary, made);

    /// <summary>Takes the right to write an output that comes to its place when it is complete, by a file beside it that is there meanwhile.</summary>
    /// <param name="output">A file, or a folder.</param>
    /// <exception cref="InputException">Another process has it, or nothing can be written there.</exception>
    public static Claim On(string output)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output));
        return Take(Path.Combine(Path.GetDirectoryName(full) ?? full, $".{Path.GetFileName(full)}.lock"), temporary: true)
            ?? throw new InputException($"{output}: another process writes it");
    }

    /// <summary>Takes it; null while another has it.</summary>
    /// <param name="path">The file, made if it is not there, with its folder.</param>
    /// <param name="temporary">Whether the file goes with the claim, and with it the folders that were made for it and are empty.</param>
    /// <exception cref="InputException">The file cannot be made or locked.</exception>
    public static Claim? Take(string path, bool temporary = false)
    {
        const int Tries = 20;
        path = Path.GetFullPath(path);
        for (var tries = 1; ; tries++)
        {
            try
            {
                var made = OutputPath.Make(Path.GetDirectoryName(path)!);
                var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                // One that is still removed after many looks is what a process left that was killed on the point of removing it.
                if (!IsRemoved(file) || tries > Tries)
                {
                    file.SetLength(0);
                    file.Write(Encoding.UTF8.GetBytes(string.Create(
                        CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}\n")));
                    file.Flush();
                    return new Claim(file, temporary, made);
                }
                file.Dispose();
                Thread.Sleep(1);
            }
            catch (IOException e) when (IsLocked(e))
            {
                return null;
            }
            catch (DirectoryNotFoundException) when (tries <= Tries)
            {
                // Another process has removed the folder, which was empty, since it was made.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new InputException($"{path}: cannot be locked: {FileFault.Reason(e)}", e);
            }
        }
    }

    /// <summary>Takes it as soon as whoever has it lets go.</summary>
    /// <param name="path">The file.</param>
    /// <param name="stop">Ends the waiting.</param>
    public static Claim Wait(string path, CancellationToken stop)
    {
        const int Milliseconds = 50;
        while (true)
        {
            if (Take(path) is { } claim) return claim;
            stop.WaitHandle.WaitOne(Milliseconds);
            stop.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
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
            file.Write(Removed);
            file.Flush();
            // Windows does not remove what is open; nobody can have opened it meanwhile there.
            if (OperatingSystem.IsWindows()) file.Dispose();
            File.Delete(file.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that stays is in nobody's way.
        }
        file.Dispose();
        OutputPath.Unmake(made);
    }

    private static bool IsRemoved(FileStream file)
    {
        if (file.Length != Removed.Length) return false;
        var content = new byte[Removed.Length];
        file.ReadExactly(content);
        return content.AsSpan().SequenceEqual(Removed);
    }

    /// <summary>Whether an open failed because of another's lock, and not of the disk: EWOULDBLOCK here, a sharing violation on Windows.</summary>
    private static bool IsLocked(IOException e) => OperatingSystem.IsWindows()
        ? (e.HResult & 0xffff) is 32 or 33
        : e.HResult == (OperatingSystem.IsMacOS() ? 35 : 11);
}
