namespace Arow.Data;

/// <summary>
/// The files in a .zip, .tar, .tar.gz or .tar.bz2 archive, whatever its name. Nothing is unpacked to disk. Those of a .zip
/// and a .tar are read where they lie; a compressed .tar is read once, and what is wanted of it kept in memory.
/// </summary>
internal sealed class PackedFolder : IDisposable
{
    /// <summary>The forms that are read, for messages.</summary>
    public const string Forms = ".zip, .tar, .tar.gz, .tar.bz2";

    /// <summary>Bytes of a file in an archive that is taken for one image or one batch of them.</summary>
    public const long LongestMember = 1L << 28;

    private static readonly string[] Endings = [".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz"];

    private static readonly string[] EndingsNotRead = [".tar.xz", ".txz", ".tar.zst", ".tar.lz4", ".7z", ".rar"];

    private readonly Dictionary<string, Func<byte[]>> files = [];
    private readonly IDisposable? source;
    private readonly List<string> notFiles = [], replaced = [];
    private readonly string path;

    private readonly Action<string>? folder;

    private PackedFolder(string path, string format, Func<string, bool> wanted, Action<string>? folder)
    {
        (this.path, this.folder) = (path, folder);
        source = format switch
        {
            ArchiveFormat.Zip => ZipMembers.Read(path, this, wanted),
            ArchiveFormat.Tar => TarMembers.ReadInPlace(path, this, wanted),
            ArchiveFormat.TarGz => TarMembers.ReadGzip(path, this, wanted),
            ArchiveFormat.TarBz2 => TarMembers.ReadBzip2(path, this, wanted),
            { Length: > 0 } other => throw new InputException($"{path}: is {(other[0] == 'x' ? "an" : "a")} {other} archive, which is not read; unpack it, or pack it again as one of {Forms}"),
            _ => throw new InvalidDataException(),
        };
    }

    /// <summary>What reads each wanted file, by its path in the archive, with /.</summary>
    public IReadOnlyDictionary<string, Func<byte[]>> Files => files;

    /// <summary>What was passed over or assumed, a line each.</summary>
    public IReadOnlyList<string> Remarks =>
    [
        .. notFiles.Count == 0 ? Array.Empty<string>()
            : [$"{path}: {notFiles.Count} {(notFiles.Count == 1 ? "link or device is" : "links and devices are")} passed over, first {notFiles[0]}"],
        .. replaced.Count == 0 ? Array.Empty<string>()
            : [$"{path}: {replaced.Count} {(replaced.Count == 1 ? "file is there twice" : "files are there twice")}, first {replaced[0]}; the later one counts"],
        .. AssumedNames is null ? Array.Empty<string>() : [$"{path}: {AssumedNames}"],
    ];

    /// <summary>How names were read, where the archive does not say.</summary>
    public string? AssumedNames { private get; set; }

    /// <summary>Whether a file name is one of an archive that is read.</summary>
    public static bool IsNamed(string path) => Endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>The archive in a folder, where there is exactly one; null where there is none.</summary>
    /// <exception cref="InputException">There are several, or one that is not read.</exception>
    public static string? Only(string folder)
    {
        var files = Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).ToList();
        return files.Where(IsNamed).ToList() switch
        {
            [var only] => only,
            [var first, var second, ..] => throw new InputException($"{folder}: holds several archives, among them {Path.GetFileName(first)} and {Path.GetFileName(second)}; name the one to read, or unpack them"),
            _ => files.Find(file => EndingsNotRead.Any(ending => file.EndsWith(ending, StringComparison.OrdinalIgnoreCase))),
        };
    }

    /// <summary>Opens an archive.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="wanted">Which of its files, by their paths; asked once for each ordinary file.</param>
    /// <param name="folder">Told of each folder that the archive names.</param>
    /// <exception cref="InputException">It is damaged, encrypted, of another kind, or has a member that points outside of it.</exception>
    public static PackedFolder Open(string path, Func<string, bool> wanted, Action<string>? folder = null)
    {
        var format = InputFile.Read(path, "readable", () => ArchiveFormat.Of(path));
        if (format.Length == 0 && new FileInfo(path).Length == 0) throw new InputException($"{path}: is empty");
        var kind = format switch { ArchiveFormat.Zip => "a .zip", ArchiveFormat.Tar => "a .tar", ArchiveFormat.TarBz2 => "a .tar.bz2", _ => $"a {Endings.FirstOrDefault(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) ?? ".tar.gz"}" };
        return InputFile.Read(path, $"{kind} archive", () => new PackedFolder(path, format, wanted, folder));
    }

    /// <inheritdoc/>
    public void Dispose() => source?.Dispose();

    /// <summary>Takes a file; of two with one name the later counts, as when they are unpacked.</summary>
    internal void Add(string name, Func<byte[]> read)
    {
        if (files.ContainsKey(name)) replaced.Add(name);
        files[name] = read;
    }

    /// <summary>Takes note of a folder.</summary>
    internal void AddFolder(string name) => folder?.Invoke(name);

    /// <summary>Counts a member that is no file: a link, a device, a pipe.</summary>
    internal void PassOver(string name) => notFiles.Add(name);

    /// <summary>The path of a member inside the archive, with / and no empty parts.</summary>
    /// <param name="name">As the archive has it.</param>
    /// <param name="backslashes">Whether backslashes separate folders, as some programs on Windows write them; elsewhere they are letters.</param>
    /// <exception cref="InputException">It points outside, or is no text.</exception>
    internal string Inside(string name, bool backslashes = false)
    {
        var everyPart = name.Split('/', '\\');
        if (name.Length == 0 || everyPart[0].Length == 0 || everyPart[0] is [_, ':', ..] || everyPart.Contains("..") || name.Contains('\0'))
            throw new InputException($"{path}: member '{name}' points outside the archive");
        if (name.Contains('\ufffd')) throw new InputException($"{path}: the name of member '{name}' is not UTF-8; pack the files again under other names");
        return string.Join('/', (backslashes ? everyPart : name.Split('/')).Where(part => part is not ("." or "")));
    }
}
