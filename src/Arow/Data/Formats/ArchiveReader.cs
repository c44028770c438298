namespace Arow.Data;

/// <summary>
/// The files in a .zip, .tar, .tar.gz or .tar.bz2 archive, whatever its name. Nothing is unpacked to disk. Files in a .zip or .tar
/// are read in place; a compressed .tar is read once, and the requested files are kept in memory.
/// </summary>
internal sealed class ArchiveReader : IDisposable
{
    /// <summary>Supported formats, for messages.</summary>
    public const string SupportedFormats = ".zip, .tar, .tar.gz, .tar.bz2";

    /// <summary>Most bytes of an archive member: one image or one batch of images.</summary>
    public const long MaxMemberBytes = 1L << 28;

    private static readonly string[] Extensions = [".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz"];

    private static readonly string[] UnsupportedExtensions = [".tar.xz", ".txz", ".tar.zst", ".tar.lz4", ".7z", ".rar"];

    private readonly Dictionary<string, Func<byte[]>> files = [];
    private readonly IDisposable? source;
    private readonly List<string> skipped = [], replaced = [];
    private readonly string path;

    private readonly Action<string>? onFolder;

    private ArchiveReader(string path, string format, Func<string, bool> filter, Action<string>? onFolder)
    {
        (this.path, this.onFolder) = (path, onFolder);
        source = format switch
        {
            ArchiveFormat.Zip => ZipArchiveReader.Read(path, this, filter),
            ArchiveFormat.Tar => TarArchiveReader.ReadInPlace(path, this, filter),
            ArchiveFormat.TarGz => TarArchiveReader.ReadGzip(path, this, filter),
            ArchiveFormat.TarBz2 => TarArchiveReader.ReadBzip2(path, this, filter),
            { Length: > 0 } other =>
                throw new InputException(
                    $"{path}: is {(other[0] == 'x' ? "an" : "a")} {other} archive, which is not supported; unpack it or repack it as one of "
                        + $"{SupportedFormats}"),
            _ => throw new InvalidDataException(),
        };
    }

    /// <summary>Readers of the requested files, keyed by their paths in the archive, with /.</summary>
    public IReadOnlyDictionary<string, Func<byte[]>> Files => files;

    /// <summary>What was skipped or assumed, one line each.</summary>
    public IReadOnlyList<string> Remarks =>
    [
        .. skipped.Count == 0 ? Array.Empty<string>()
            : [$"{path}: {skipped.Count} {(skipped.Count == 1 ? "link or device is" : "links and devices are")} skipped, first {skipped[0]}"],
        .. replaced.Count == 0 ? Array.Empty<string>()
            : [$"{path}: {replaced.Count} {(replaced.Count == 1 ? "file occurs twice" : "files occur twice")}, first {replaced[0]}; the last one is "
                + "used"],
        .. AssumedNames is null ? Array.Empty<string>() : [$"{path}: {AssumedNames}"],
    ];

    /// <summary>The assumed encoding of names, if the archive does not declare one.</summary>
    public string? AssumedNames { private get; set; }

    /// <summary>Whether a file name is that of a supported archive.</summary>
    public static bool HasArchiveExtension(string path) => Extensions.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>Returns the only archive in a folder; null if there is none.</summary>
    /// <exception cref="InputException">There are several archives.</exception>
    public static string? FindSingle(string folder)
    {
        var files = Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).ToList();
        return files.Where(HasArchiveExtension).ToList() switch
        {
            [var only] => only,
            [var first, var second, ..] =>
                throw new InputException(
                    $"{folder}: contains several archives, such as {Path.GetFileName(first)} and {Path.GetFileName(second)}; give the path of one "
                        + "of them, or unpack them"),
            _ => files.Find(file => UnsupportedExtensions.Any(ending => file.EndsWith(ending, StringComparison.OrdinalIgnoreCase))),
        };
    }

    /// <summary>Opens an archive.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="filter">Selects files by path; called once for each regular file.</param>
    /// <param name="onFolder">Called for each folder listed in the archive.</param>
    /// <exception cref="InputException">The archive is damaged, encrypted or of another kind, or a member points outside of it.</exception>
    public static ArchiveReader Open(string path, Func<string, bool> filter, Action<string>? onFolder = null)
    {
        var format = InputFile.Read(path, "readable", () => ArchiveFormat.Detect(path));
        if (format.Length == 0 && new FileInfo(path).Length == 0) throw new InputException($"{path}: is empty");
        var kind = format switch
        {
            ArchiveFormat.Zip => "a .zip",
            ArchiveFormat.Tar => "a .tar",
            ArchiveFormat.TarBz2 => "a .tar.bz2",
            _ =>
            $"a {Extensions.FirstOrDefault(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) ?? ".tar.gz"}"
        };
        return InputFile.Read(path, $"{kind} archive", () => new ArchiveReader(path, format, filter, onFolder));
    }

    public void Dispose() => source?.Dispose();

    /// <summary>Adds a file; of two with the same name the last one is used, as if unpacked.</summary>
    internal void Add(string name, Func<byte[]> read)
    {
        if (files.ContainsKey(name)) replaced.Add(name);
        files[name] = read;
    }

    /// <summary>Records a folder.</summary>
    internal void AddFolder(string name) => onFolder?.Invoke(name);

    /// <summary>Counts a member that is not a file: a link, a device, a pipe.</summary>
    internal void Skip(string name) => skipped.Add(name);

    /// <summary>Returns the path of a member inside the archive, with / and no empty components.</summary>
    /// <param name="name">Name as stored in the archive.</param>
    /// <param name="backslashes">
    /// Whether backslashes separate folders, as some Windows programs write them; otherwise they are ordinary characters.
    /// </param>
    /// <exception cref="InputException">The path points outside, or is not valid text.</exception>
    internal string NormalizePath(string name, bool backslashes = false)
    {
        var everyPart = name.Split('/', '\\');
        if (name.Length == 0 || everyPart[0].Length == 0 || everyPart[0] is [_, ':', ..] || everyPart.Contains("..") || name.Contains('\0'))
            throw new InputException($"{path}: member '{name}' points outside the archive");
        if (name.Contains('\ufffd')) throw new InputException(
            $"{path}: the name of member '{name}' is not UTF-8; repack the files under other names");
        return string.Join('/', (backslashes ? everyPart : name.Split('/')).Where(part => part is not ("." or "")));
    }
}
