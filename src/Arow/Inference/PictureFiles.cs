using Arow.Data;
using Arow.IO;

namespace Arow.Inference;

/// <summary>
/// Enumerates pictures by name from files, folders, archives and arrays of NumPy (.npz, .npy), in the given order; within a folder in
/// ordinal order. An image of an array is named by the file and its index, from 0: <c>x_test.npy#3</c>.
/// </summary>
/// <param name="paths">Read lazily, so that there may be any number.</param>
public sealed class PictureFiles(IEnumerable<string> paths) : IDisposable
{
    private readonly List<FolderFiles> opened = [];

    /// <summary>Called with one line for each folder or archive with skipped pictures, and for what an array is converted by.</summary>
    public Action<string>? OnWarning { get; init; }

    /// <summary>Returns the name of each picture and its reader, which is valid until this object is disposed.</summary>
    /// <exception cref="InputException">A folder or archive cannot be read.</exception>
    public IEnumerable<(string Name, Func<byte[]> Read)> Enumerate()
    {
        foreach (var path in paths)
        {
            if (ImagePack.IsPack(path))
            {
                var pack = ImagePack.Open(path);
                var names = pack.ReadNames();
                for (var i = 0; i < names.Count; i++)
                {
                    var number = i;
                    yield return (pack.Locate(names[i]),
                        () => PictureCodec.EncodePng(pack.Read(number), pack.Footer.Width, pack.Footer.Height));
                }
                continue;
            }
            if (ImageArrays.IsArrays(path))
            {
                foreach (var image in EnumerateArray(path)) yield return image;
                continue;
            }
            if (!Directory.Exists(path) && !IsArchive(path))
            {
                yield return (path, () => RegularFile.ReadAllBytes(path, Predictor.MaxFileBytes));
                continue;
            }
            var folder = FolderFiles.Open("predict", path);
            opened.Add(folder);
            if (folder.Files.Count == 0) OnWarning?.Invoke($"{path}: has no pictures ({PictureCodec.Formats} are read)");
            if (folder.Skipped.Pictures is { } others) OnWarning?.Invoke(
                $"{path}: {folder.Skipped.PictureCount} pictures were skipped: {others}; only {PictureCodec.Formats} are read: convert them, {PictureCodec.Conversion}");
            foreach (var name in folder.Files.Keys.Order(StringComparer.Ordinal)) yield return (folder.Locate(name), folder.Files[name]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var folder in opened) folder.Dispose();
    }

    /// <summary>Yields the images of an array, or what is wrong with it in place of them.</summary>
    private IEnumerable<(string Name, Func<byte[]> Read)> EnumerateArray(string path)
    {
        NpzPictures? images = null;
        InputException? fault = null;
        try
        {
            images = NpzPictures.Open(path);
        }
        catch (InputException error)
        {
            fault = error;
        }
        if (images is null)
        {
            yield return (path, () => throw fault!);
            yield break;
        }
        using (images)
        {
            foreach (var remark in images.Remarks) OnWarning?.Invoke(remark);
            for (var i = 0; i < images.Count; i++)
            {
                var planes = images.ReadNext();
                yield return ($"{path}#{i}", () => PictureCodec.EncodePng(planes, images.Width, images.Height));
            }
        }
    }

    private static bool IsArchive(string path) => File.Exists(path) && !PictureCodec.HasPictureExtension(path)
        && (ArchiveReader.HasArchiveExtension(path) || ArchiveFormat.Detect(path).Length > 0);
}
