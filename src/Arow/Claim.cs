using System.Globalization;

namespace Arow;

/// <summary>
/// The right to write a folder, which one process has at a time: an exclusive lock on a file, which ends with the process
/// however that ends. The file stays, so that nobody can hold a lock on one that others no longer see.
/// </summary>
public sealed class Claim : IDisposable
{
    private readonly FileStream file;

    private Claim(FileStream file) => this.file = file;

    /// <summary>Takes it; null while another has it.</summary>
    /// <param name="path">The file, made if it is not there, with its folder.</param>
    public static Claim? Take(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        try
        {
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            file.SetLength(0);
            file.Write(System.Text.Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}\n")));
            file.Flush();
            return new Claim(file);
        }
        catch (IOException e) when (IsLocked(e))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be locked: {e.Message}", e);
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
    public void Dispose() => file.Dispose();

    /// <summary>Whether an open failed because of another's lock, and not of the disk: EWOULDBLOCK here, a sharing violation on Windows.</summary>
    private static bool IsLocked(IOException e) => OperatingSystem.IsWindows()
        ? (e.HResult & 0xffff) is 32 or 33
        : e.HResult == (OperatingSystem.IsMacOS() ? 35 : 11);
}
