namespace Arow.IO;

/// <summary>
/// The records of a zip archive of PyTorch, by name. Beyond what <see cref="ZipReader"/> verifies, names are unique and valid, and no
/// record is encrypted or compressed in another way than PyTorch does: libtorch reads the same file.
/// </summary>
internal sealed class ZipRecords : IDisposable
{
    private readonly ZipReader zip;
    private readonly OrderedDictionary<string, ZipEntry> records = [];

    private ZipRecords(ZipReader zip)
    {
        this.zip = zip;
        foreach (var entry in zip.Entries)
        {
            var name = entry.Name;
            if (zip.HasLegacyNames || name.Length == 0 || name.Contains('\uFFFD') || name[0] == '/' || name.Contains('\\') || name.Contains('\0')
                || name.Split('/').Contains(".."))
                throw Error("a record has an invalid name");
            if (entry.IsEncrypted) throw Error($"record '{name}' is encrypted");
            if (entry.Method == ZipMethod.Other) throw Error($"record '{name}' uses a compression method that PyTorch does not use");
            if (!name.EndsWith('/') && !records.TryAdd(name, entry)) throw Error($"record '{name}' occurs twice");
        }
    }

    /// <summary>Path of the archive.</summary>
    public string Path => zip.Path;

    /// <summary>Names of the records, in their order.</summary>
    public IEnumerable<string> Names => records.Keys;

    /// <summary>Opens an archive and checks its directory.</summary>
    /// <exception cref="InputException">The archive is damaged, truncated or not as PyTorch writes it.</exception>
    public static ZipRecords Open(string path)
    {
        var zip = ZipReader.Open(path, allowsMissingCrc: true);
        try
        {
            return new ZipRecords(zip);
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    }

    /// <summary>Whether a record exists.</summary>
    public bool Contains(string name) => records.ContainsKey(name);

    /// <summary>Returns the uncompressed length of a record.</summary>
    public long Length(string name) => GetRecord(name).Length;

    /// <summary>Reads a record.</summary>
    /// <param name="name">Name of the record.</param>
    /// <param name="maxLength">Largest permitted length in bytes.</param>
    public byte[] Read(string name, long maxLength) => zip.Read(GetRecord(name), maxLength);

    /// <summary>Verifies the length and the CRC of a record, block by block.</summary>
    public void Verify(string name)
    {
        using var content = zip.Open(GetRecord(name));
        content.CopyTo(Stream.Null);
    }

    /// <summary>Reads a record into a buffer of its length.</summary>
    public void Read(string name, Span<byte> destination)
    {
        var record = GetRecord(name);
        if (destination.Length != record.Length) throw Error($"record '{name}' has {record.Length} bytes instead of {destination.Length}");
        using var content = zip.Open(record);
        content.ReadExactly(destination);
    }

    public void Dispose() => zip.Dispose();

    private ZipEntry GetRecord(string name) => records.TryGetValue(name, out var record) ? record : throw Error($"record '{name}' is missing");

    private InputException Error(string fault) => new($"{Path}: is damaged: {fault}");
}
