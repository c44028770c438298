namespace Arow.IO;

/// <summary>An entry of a zip archive, checked against the file.</summary>
/// <param name="Name">The name as it is stored; folders end in a slash.</param>
/// <param name="Method">How it is compressed.</param>
/// <param name="IsEncrypted">Whether it needs a password.</param>
/// <param name="Crc">CRC-32 of the content.</param>
/// <param name="CompressedLength">Compressed size in bytes.</param>
/// <param name="Length">Declared uncompressed size in bytes.</param>
/// <param name="Mode">The POSIX mode (st_mode), if a Unix program wrote it; otherwise 0.</param>
/// <param name="HeaderOffset">Offset of the local header.</param>
/// <param name="DataOffset">Offset of the data.</param>
internal sealed record ZipEntry(
    string Name, ZipMethod Method, bool IsEncrypted, uint Crc, long CompressedLength, long Length, int Mode, long HeaderOffset, long DataOffset);
