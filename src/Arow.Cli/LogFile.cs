using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Arow.IO;

namespace Arow.Cli;

/// <summary>
/// A file to which lines are appended, each with its time; lines of several processes do not mix. A full disk does not stop the work: lines
/// are then missing, which is reported once.
/// </summary>
internal sealed partial class LogFile
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly string path;
    private readonly Action<string> warn;
    private bool failed;

    /// <summary>Checks the file; nothing is written before the first line.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="warn">Reports once that lines are lost.</param>
    /// <exception cref="InputException">It cannot be written.</exception>
    public LogFile(string path, Action<string> warn)
    {
        if (OutputPath.ValidateFile(path) is { } fault) throw new InputException($"--log-file {path} {fault}");
        // Work may change the current folder of no process, but a relative path is safer read once.
        (this.path, this.warn) = (Path.GetFullPath(path), warn);
    }

    /// <summary>Appends a text, a line of the file for each of its lines.</summary>
    /// <param name="kind">What it is: "warning".</param>
    /// <param name="text">Colours and other signs for terminals are left out.</param>
    public void Append(string kind, string text)
    {
        var head = string.Create(
            CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {Environment.ProcessId} {kind,-8}");
        var lines = TerminalCode.Replace(text, "").ReplaceLineEndings("\n").Split('\n').Select(line => $"{head} {Printable.Escape(line)}".TrimEnd());
        var bytes = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => $"{line}\n")));
        lock (gate)
        {
            try
            {
                Write(bytes);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (!failed) warn($"{path}: lines of the log are lost: {FileError.Describe(e)}");
                failed = true;
            }
        }
    }

    /// <summary>Opened for every write: the lock that keeps lines whole is held no longer, and a file that was moved is begun anew.</summary>
    private void Write(byte[] bytes)
    {
        using var file = OpenLocked();
        if (file.Length > 0)
        {
            // The line of a process that was killed has no end.
            file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != '\n') file.WriteByte((byte)'\n');
        }
        file.Write(bytes);
    }

    private FileStream OpenLocked()
    {
        for (var clock = new WaitingClock(); ; Thread.Sleep(1))
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException) when (File.Exists(path) && clock.Read() < LongestWait)
            {
                // Another process is writing a line.
            }
        }
    }

    [GeneratedRegex(@"\x1b\[[0-9;?]*[A-Za-z]|\r(?!\n)")]
    private static partial Regex TerminalCode { get; }
}
