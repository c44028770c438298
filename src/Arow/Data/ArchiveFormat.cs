using System.Text;

namespace Arow.Data;

/// <summary>Identifies archive formats by their first bytes.</summary>
internal static class ArchiveFormat
{
    public const string Zip = "zip";
    public const string Tar = "tar";
    public const string TarGz = "gzip";
    public const string TarBz2 = "bzip2";

    private const int TarMark = 257;

    /// <summary>Returns the name of the format; "" if unknown.</summary>
    public static string Of(string path)
    {
        using var file = OrdinaryFile.Open(path);
        var start = new byte[TarMark + 5];
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        return start switch
        {
            [(byte)'P', (byte)'K', 3, 4, ..] or [(byte)'P', (byte)'K', 5, 6, ..] => Zip,
            [0x1f, 0x8b, ..] => TarGz,
            [(byte)'B', (byte)'Z', (byte)'h', ..] => TarBz2,
            [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', ..] => "xz",
            [0x28, 0xb5, 0x2f, 0xfd, ..] => "Zstandard",
            [0x04, 0x22, 0x4d, 0x18, ..] => "LZ4",
            [(byte)'7', (byte)'z', 0xbc, 0xaf, ..] => "7-Zip",
            [(byte)'R', (byte)'a', (byte)'r', (byte)'!', ..] => "RAR",
            _ when start.Length > TarMark && Encoding.ASCII.GetString(start.AsSpan(TarMark)) == "ustar" => Tar,
            // The pre-POSIX format has no magic number.
            _ when path.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) => Tar,
            _ => "",
        };
    }
}
