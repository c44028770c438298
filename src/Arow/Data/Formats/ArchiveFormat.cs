using System.Text;
using Arow.IO;

namespace Arow.Data;

/// <summary>Identifies archive formats by their first bytes.</summary>
internal static class ArchiveFormat
{
    public const string Zip = "zip";
    public const string Tar = "tar";
    public const string TarGz = "gzip";
    public const string TarBz2 = "bzip2";

    private const int TarMagicOffset = 257;

    /// <summary>Returns the name of the format; "" if unknown.</summary>
    public static string Detect(string path)
    {
        using var file = RegularFile.Open(path);
        var header = new byte[TarMagicOffset + 5];
        header = header[..file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false)];
        return header switch
        {
            [(byte)'P', (byte)'K', 3, 4, ..] or [(byte)'P', (byte)'K', 5, 6, ..] => Zip,
            [0x1f, 0x8b, ..] => TarGz,
            [(byte)'B', (byte)'Z', (byte)'h', ..] => TarBz2,
            [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', ..] => "xz",
            [0x28, 0xb5, 0x2f, 0xfd, ..] => "Zstandard",
            [0x04, 0x22, 0x4d, 0x18, ..] => "LZ4",
            [(byte)'7', (byte)'z', 0xbc, 0xaf, ..] => "7-Zip",
            [(byte)'R', (byte)'a', (byte)'r', (byte)'!', ..] => "RAR",
            _ when header.Length > TarMagicOffset && Encoding.ASCII.GetString(header.AsSpan(TarMagicOffset)) == "ustar" => Tar,
            // The pre-POSIX format has no magic number.
            _ when path.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) => Tar,
            _ => "",
        };
    }
}
