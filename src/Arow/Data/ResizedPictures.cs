using System.Security.Cryptography;
using Arow.IO;
using Arow.Runtime;

namespace Arow.Data;

/// <summary>
/// Pictures resized as <see cref="ImageResizer"/> does, each kept in a folder under the SHA-256 of its file, so that they are resized
/// once, whatever is moved, renamed or added.
/// </summary>
/// <param name="Size">The size.</param>
/// <param name="Folder">Folder of the results; null to keep none.</param>
internal sealed record ResizedPictures(ImageSize Size, string? Folder)
{
    private int read, made;
    private string? keepingFailed;

    /// <summary>The only way there is: upright, cut around the middle, averaged. Another way needs another word.</summary>
    public const string Method = "upright-center-average";

    /// <summary>Names another folder than the user's cache, for machines without one.</summary>
    public const string FolderVariable = "AROW_CACHE";

    /// <summary>Where results are kept: below <see cref="FolderVariable"/>, or the user's cache; null if there is neither.</summary>
    public static string? DefaultFolder
    {
        get
        {
            const Environment.SpecialFolderOption AsIs = Environment.SpecialFolderOption.DoNotVerify;
            if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } given) return Path.Combine(given, "images");
            if (OperatingSystem.IsWindows())
                return Below(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, AsIs), "arow", "cache");
            return Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? Below(cache, "arow")
                : Below(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, AsIs), ".cache", "arow");

            static string? Below(string folder, params string[] parts) =>
                folder.Length == 0 ? null : Path.Combine([folder, .. parts, "images"]);
        }
    }

    /// <summary>Resizes a picture, or reads what was kept of it.</summary>
    /// <param name="encoded">The file.</param>
    /// <returns>PNG; null if the picture is damaged or too large.</returns>
    public byte[]? Resize(byte[] encoded)
    {
        var path = Folder is null ? null : PathOf(encoded);
        if (path is not null && Read(path) is { } kept)
        {
            Interlocked.Increment(ref read);
            return kept;
        }
        Interlocked.Increment(ref made);
        var png = PictureCodec.Resize(encoded, Size.Width, Size.Height, background: null).Png;
        if (png is not null && path is not null) Keep(path, png);
        return png;
    }

    /// <summary>Reports how much work the kept results saved.</summary>
    public void TellUse() => ArowEvents.Tell(() => $"cache of resized images: {read} read, {made} resized anew; {Folder ?? "no folder"}");

    /// <summary>One line: what was done, and where the results are.</summary>
    public override string ToString() => $"the images were resized to {Size}, upright and cut around the middle"
        + (Folder is null ? "" : keepingFailed is null ? $"; the results are kept in {Folder}"
            : $"; the results cannot be kept in {Folder}: {keepingFailed}");

    private string PathOf(byte[] encoded)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(encoded));
        return Path.Combine(Folder!, $"{Method}-{Size}", name[..2], $"{name}.png");
    }

    /// <summary>A kept result; null if there is none, or the disk lost a part of it.</summary>
    private byte[]? Read(string path)
    {
        try
        {
            if (!File.Exists(path)) return null;
            var png = RegularFile.ReadAllBytes(path, ArchiveReader.MaxMemberBytes);
            return png.AsSpan().EndsWith(PngEnd) && PictureCodec.ReadHeader(png) is { } header
                && (header.Width, header.Height) == (Size.Width, Size.Height) ? png : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InputException)
        {
            return null;
        }
    }

    /// <summary>The last chunk of every PNG file.</summary>
    private static ReadOnlySpan<byte> PngEnd => [0, 0, 0, 0, (byte)'I', (byte)'E', (byte)'N', (byte)'D', 0xAE, 0x42, 0x60, 0x82];

    /// <summary>Keeps a result, whole or not at all. It is not flushed: what a power cut loses is resized again.</summary>
    private void Keep(string path, byte[] png)
    {
        // Copies of a picture may be resized at the same time.
        var temporary = TemporaryFiles.PathFor($"{path}.{Environment.CurrentManagedThreadId}");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            try
            {
                File.WriteAllBytes(temporary, png);
                File.Move(temporary, path, overwrite: true);
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full or read-only disk costs time and no result.
            keepingFailed = FileError.Describe(e);
        }
    }
}
