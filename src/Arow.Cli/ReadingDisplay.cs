using Arow.Data;

namespace Arow.Cli;

/// <summary>Shows how far the reading of images is, in every command that reads a folder of them.</summary>
internal static class ReadingDisplay
{
    /// <summary>Begins to show it.</summary>
    public static void Start()
    {
        var line = new ProgressLine();
        ReadingProgress.Observer = (done, all) =>
        {
            // Each reading waits as long as any progress before its first line.
            if (done == 1) line = new ProgressLine();
            line.Update(_ => Format(done, all));
            if (done == all) Messages.Erase();
        };
    }

    internal static string Format(int done, int all) => $"reading images {ProgressLine.Bar((double)done / all)} {100L * done / all} %";
}
