namespace Arow.Data;

/// <summary>
/// The files of a folder or an archive that are not images in a format that is read, and those that an operating system, a file manager or a
/// notebook hides there. They are counted while the files are listed.
/// </summary>
internal sealed class SkippedFiles
{
    private const int MaxNames = 8;

    private static readonly string[] HiddenFolders =
        ["__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found", "__pycache__", "Network Trash Folder"];

    private static readonly string[] HiddenFiles = ["Thumbs.db", "ehthumbs.db", "desktop.ini"];

    /// <summary>Extensions of other picture formats: skipping such a file loses an image.</summary>
    private static readonly HashSet<string> PictureExtensions =
    [
        ".jp2", ".j2k", ".jpf", ".jpx", ".jxl", ".heic", ".heif", ".avif",
        ".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".tga", ".pcx", ".ico", ".exr", ".hdr", ".dcm", ".dicom", ".nii", ".mha", ".mhd", ".svg", ".psd",
        ".raw", ".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf", ".npy",
    ];

    private readonly Dictionary<string, int> pictures = [], others = [], hidden = [];
    private readonly HashSet<string> allFolders = [], nonEmpty = [];

    /// <summary>Image files in other formats by folder and extension.</summary>
    private readonly Dictionary<string, Dictionary<string, int>> folders = [];

    private readonly List<string> brokenLinks = [];
    private string lastFolder = "";
    private int hiddenFiles;

    /// <summary>Image files in other formats, by extension: ".bmp 4, .webp 8"; null if there are none.</summary>
    public string? Pictures => pictures.Count == 0 ? null : JoinCounts(pictures, e => $"{e.Key} {e.Value}");

    /// <summary>Number of image files in other formats.</summary>
    public int PictureCount => pictures.Values.Sum();

    /// <summary>Number of skipped archives.</summary>
    public int Archives { get; private set; }

    /// <summary>All other skipped files; null if there are none.</summary>
    public string? Others
    {
        get
        {
            string?[] kinds =
            [
                others.Count == 0 ? null : JoinCounts(others, e => $"{e.Key} {e.Value}"),
                hidden.Count == 0 ? null
                    : $"hidden {(hidden.Count == 1 ? "folder" : "folders")} {JoinCounts(hidden, e => $"{e.Key} ({CountFiles(e.Value)})")}",
                hiddenFiles == 0 ? null : $"{CountFiles(hiddenFiles)} with hidden names",
            ];
            return kinds.Any(k => k is not null) ? string.Join("; ", kinds.Where(k => k is not null)) : null;
        }
    }

    /// <summary>Returns whether a file is read; other files are counted.</summary>
    /// <param name="path">Path below the folder or in the archive, with /.</param>
    public bool TryAccept(string path)
    {
        var parts = path.Split('/');
        if (parts[..^1].FirstOrDefault(IsHiddenFolder) is { } folder) Increment(hidden, folder);
        else if (IsHiddenFile(parts[^1]))
        {
            hiddenFiles++;
            AddFolder(Parent(path));
        }
        else
        {
            MarkNotEmpty(path);
            if (PictureCodec.HasPictureExtension(path)) return true;
            CountByExtension(path, parts);
        }
        return false;
    }

    /// <summary>Records a broken link.</summary>
    /// <param name="path">Path below the folder, with /.</param>
    public void AddBrokenLink(string path)
    {
        if (!path.Split('/').Any(IsHiddenFolder)) brokenLinks.Add(path);
    }

    /// <summary>Broken links, which may have been class folders.</summary>
    public IReadOnlyList<string> BrokenLinks => [.. brokenLinks.Order(StringComparer.Ordinal)];

    /// <summary>Records a folder, empty or not.</summary>
    /// <param name="path">Path below the folder or in the archive, with /.</param>
    public void AddFolder(string path)
    {
        if (path.Length > 0 && !path.Split('/').Any(IsHiddenFolder)) allFolders.Add(path);
    }

    /// <summary>Folders without files in or below them, except hidden ones; of nested folders the innermost.</summary>
    public IReadOnlyList<string> EmptyFolders
    {
        get
        {
            var empty = allFolders.Where(folder => !nonEmpty.Contains(folder)).Order(StringComparer.Ordinal).ToList();
            var above = empty.Select(Parent).ToHashSet();
            return [.. empty.Where(folder => !above.Contains(folder))];
        }
    }

    /// <summary>Returns the folders that contain images in other formats and none that is read.</summary>
    /// <param name="read">Paths that are read.</param>
    public IReadOnlyList<string> UnreadFolders(IEnumerable<string> read)
    {
        if (folders.Count == 0) return [];
        var lost = folders.Keys.ToHashSet();
        lost.ExceptWith(read.Select(Parent));
        return [.. lost.Order(StringComparer.Ordinal)];
    }

    /// <summary>
    /// Rejects folders beside class folders whose images are all in other formats: their classes would vanish without being missed.
    /// </summary>
    /// <param name="root">The folder or archive, for messages.</param>
    /// <param name="classFolders">Folders of the classes with images, with /.</param>
    /// <exception cref="InputException">There are such folders; the message counts their files by extension.</exception>
    public void RequireNoEmptiedClass(string root, IReadOnlyCollection<string> classFolders)
    {
        if (folders.Count == 0) return;
        var parents = classFolders.Select(Parent).ToHashSet();
        var read = classFolders.SelectMany(WithFoldersAbove).ToHashSet();
        var emptied = folders.Keys.Select(unread => WithFoldersAbove(unread).FirstOrDefault(at => parents.Contains(Parent(at)) && !read.Contains(at)))
            .OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList();
        if (emptied.Count == 0) return;
        var kinds = new Dictionary<string, int>();
        foreach (var (_, counts) in folders.Where(f => WithFoldersAbove(f.Key).Any(emptied.Contains)))
        {
            foreach (var (kind, count) in counts) kinds[kind] = kinds.GetValueOrDefault(kind) + count;
        }
        throw new InputException($"{root}: nothing in {JoinFirst([.. emptied.Select(folder => $"{folder}/")])} is read ({JoinCounts(kinds, e => $"{e.Key} {e.Value}")}), "
            + $"so {(emptied.Count == 1 ? "a class" : $"{emptied.Count} classes")} would be missing; convert the images ({PictureCodec.Formats} are read) or "
            + "move the folder away");
    }

    private static IEnumerable<string> WithFoldersAbove(string folder)
    {
        for (; folder.Length > 0; folder = Parent(folder)) yield return folder;
    }

    /// <summary>Joins the first names of a longer list: "a, b and 7 more".</summary>
    public static string JoinFirst(IReadOnlyList<string> names, int most = MaxNames) =>
        string.Join(", ", names.Take(most).Select(Printable.Escape)) + (names.Count > most ? $" and {names.Count - most} more" : "");

    private static bool IsHiddenFolder(string name) => name.StartsWith('.') || HiddenFolders.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static bool IsHiddenFile(string name) => name.StartsWith('.') || HiddenFiles.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Marks the folders above a file as not empty. Files of one folder usually follow one another.</summary>
    private void MarkNotEmpty(string path)
    {
        if (path.Length > lastFolder.Length + 1 && path.LastIndexOf('/') == lastFolder.Length
            && path.StartsWith(lastFolder, StringComparison.Ordinal)) return;
        lastFolder = Parent(path);
        for (var folder = lastFolder; folder.Length > 0 && nonEmpty.Add(folder); folder = Parent(folder))
        {
        }
    }

    private void CountByExtension(string path, string[] parts)
    {
        var ending = Path.GetExtension(parts[^1]).ToLowerInvariant();
        if (PictureExtensions.Contains(ending))
        {
            Increment(pictures, ending);
            if (!folders.TryGetValue(Parent(path), out var counts)) folders[Parent(path)] = counts = [];
            Increment(counts, ending);
        }
        else
        {
            Increment(others, ending.Length == 0 ? "no extension" : ending);
            if (ArchiveReader.HasArchiveExtension(path)) Archives++;
        }
    }

    private static string Parent(string path) => path[..Math.Max(0, path.LastIndexOf('/'))];

    private static void Increment(Dictionary<string, int> counts, string key) => counts[key] = counts.GetValueOrDefault(key) + 1;

    private static string CountFiles(int count) => count == 1 ? "1 file" : $"{count} files";

    private static string JoinCounts(Dictionary<string, int> counts, Func<KeyValuePair<string, int>, string> word) =>
        JoinFirst([.. counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(word)]);
}
