namespace Arow.Cli;

/// <summary>
/// The run and study files that come with the program: <c>recipes/NAME.json</c> and <c>studies/NAME.json</c> mean them in any folder that
/// has none.
/// </summary>
internal static class ShippedFile
{
    private static readonly string[] Folders = ["recipes/", "studies/"];

    /// <summary>Returns the path of a file: itself if it is there or means no file of the program.</summary>
    /// <param name="path">As given; null for none.</param>
    /// <param name="home">The program's folder.</param>
    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(path))]
    public static string? Locate(string? path, string? home = null)
    {
        if (path is null || Path.Exists(path) || !Folders.Any(folder => path.StartsWith(folder, StringComparison.Ordinal))) return path;
        var shipped = Path.Combine(home ?? AppContext.BaseDirectory, path);
        return !path.Contains("..", StringComparison.Ordinal) && File.Exists(shipped) ? shipped : path;
    }

    /// <summary>Reports where a file was found; called once the work is accepted, since a refusal is one line.</summary>
    /// <param name="given">The path as given.</param>
    /// <param name="located">What <see cref="Locate"/> made of it.</param>
    public static void Report(string? given, string? located)
    {
        if (given != located) Messages.Note($"{given}: the file that came with arow, since there is none here");
    }
}
