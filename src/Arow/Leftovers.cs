using System.Text.RegularExpressions;

namespace Arow;

/// <summary>
/// What a process that was killed left beside its output: <c>NAME.PID.tmp</c>. The number says nothing, since numbers come
/// again and folders are shared by machines; a file is left over when nobody has it open, and a folder when nobody holds the
/// claim on the output that it was for.
/// </summary>
internal static partial class Leftovers
{
    /// <summary>Where an output is written before it is moved to its place.</summary>
    public static string Beside(string path) => $"{path}.{Environment.ProcessId}.tmp";

    /// <summary>Whether a name is that of an output on its way to its place.</summary>
    /// <param name="entry">A file or a folder.</param>
    /// <param name="output">The name of the output; null for any.</param>
    /// <param name="extension">tmp, or another that a class of outputs uses.</param>
    public static bool IsBeside(string entry, string? output = null, string extension = "tmp") =>
        Pattern().Match(Path.GetFileName(entry)) is { Success: true } match
        && match.Groups["extension"].Value == extension && (output is null || match.Groups["output"].Value == output);

    /// <summary>Removes the files that dead processes left in a folder, if it is there.</summary>
    /// <param name="folder">Not what is below it.</param>
    /// <param name="output">The name of the output that they were for; null for any.</param>
    public static void Remove(string folder, string? output = null)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var file in Directory.EnumerateFiles(folder).Where(entry => IsBeside(entry, output)).ToList())
        {
            try
            {
                using var unused = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                File.Delete(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody writes it, or it is somebody else's.
            }
        }
    }

    [GeneratedRegex(@"^(?<output>.+)\.\d+\.(?<extension>tmp|old)$", RegexOptions.Singleline)]
    private static partial Regex Pattern();
}
