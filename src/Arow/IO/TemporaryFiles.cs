using System.Text.RegularExpressions;

namespace Arow.IO;

/// <summary>
/// Temporary outputs of processes that were killed: <c>NAME.PID.tmp</c>. The process id is no evidence, since ids are reused
/// and machines share folders. A file is abandoned if no process has it open, a folder if no process has the lock of its
/// output.
/// </summary>
internal static partial class TemporaryFiles
{
    /// <summary>Returns the temporary path of an output.</summary>
    public static string PathFor(string path) => $"{path}.{Environment.ProcessId}.tmp";

    /// <summary>Whether a name is that of a temporary output.</summary>
    /// <param name="entry">A file or a folder.</param>
    /// <param name="output">The name of the output; null for any.</param>
    /// <param name="extension">tmp, or another extension that a class of outputs uses.</param>
    public static bool IsTemporary(string entry, string? output = null, string extension = "tmp") =>
        Pattern().Match(Path.GetFileName(entry)) is { Success: true } match
        && match.Groups["extension"].Value == extension && (output is null || match.Groups["output"].Value == output);

    /// <summary>Removes abandoned temporary files in a folder, if the folder exists.</summary>
    /// <param name="folder">The folder; subfolders are not searched.</param>
    /// <param name="output">The name of their output; null for any.</param>
    public static void RemoveAbandoned(string folder, string? output = null)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var file in Directory.EnumerateFiles(folder).Where(entry => IsTemporary(entry, output)).ToList())
        {
            try
            {
                using var unused = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                File.Delete(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another process writes it, or it belongs to another user.
            }
        }
    }

    [GeneratedRegex(@"^(?<output>.+)\.\d+\.(?<extension>tmp|old)$", RegexOptions.Singleline)]
    private static partial Regex Pattern();
}
