using System.Collections.Concurrent;
using Arow.IO;

namespace Arow.Data;

/// <summary>Decodes encoded images into one tensor.</summary>
/// <param name="files">Source of the images.</param>
/// <param name="images">All images of the set; those to decode come first.</param>
/// <param name="resized">Brings them to one size; null if they have one.</param>
internal sealed class PictureStack(FolderFiles files, FolderImage[] images, ResizedPictures? resized = null)
{
    private const int MaxNames = 4;
    private const string Truncated = "is damaged or truncated";

    private readonly PictureHeader[] headers = new PictureHeader[images.Length];
    private readonly DecodedPicture[] contents = new DecodedPicture[images.Length];

    /// <summary>
    /// Decodes the first <paramref name="count"/> images, [N, C, H, W] uint8. The others also determine size and colour, so that all
    /// splits of a set agree.
    /// </summary>
    /// <exception cref="InputException">An image is damaged or differs in size; the first one is named.</exception>
    public Tensor Decode(int count)
    {
        var damaged = new ConcurrentDictionary<int, string>();
        BoundedParallel.ForEach(0, images.Length, i =>
        {
            var bytes = files.Read(images[i].Path);
            if (PictureCodec.ReadHeader(bytes) is { } header)
            {
                headers[i] = header;
                if (resized is null) return;
                if (resized.Resize(bytes) is { } png) headers[i] = PictureCodec.ReadHeader(png)!.Value with { Animated = header.Animated };
                else damaged[i] = PictureCodec.DescribeFailure(bytes);
            }
            else damaged[i] = PictureCodec.DescribeUnsupported(bytes) ?? PictureCodec.Unknown;
        });
        ThrowIfDamaged(damaged);
        var (width, height) = (headers[0].Width, headers[0].Height);
        for (var i = 1; i < images.Length; i++)
        {
            if ((headers[i].Width, headers[i].Height) != (width, height))
                throw new InputException($"{Locate(i)}: is {headers[i].Width}x{headers[i].Height} but {images[0].Path} is {width}x{height}; "
                    + $"all images must have the same size; {Wording.Current.ResizeImages}");
        }

        var channels = headers.All(header => header.Grey) ? 1 : 3;
        var size = (long)channels * height * width;
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (size > Array.MaxLength / 4 || size * count > memory)
            throw new InputException($"{files.Root}: {count} images of {width}x{height} do not fit into memory; make them smaller");

        var stack = empty([count, channels, height, width], ScalarType.Byte);
        DecodeInto(stack, count, (int)size);
        return channels == 1 || contents.Any(c => c.Coloured) || AnyOtherHasColour(count, (int)size)
            ? stack
            : stack.narrow(1, 0, 1).contiguous();
    }

    /// <summary>Returns observations on the images that <see cref="Decode"/> returned.</summary>
    /// <param name="decoded">The decoded images.</param>
    public PictureStatistics GetStatistics(Tensor decoded)
    {
        var rows = Enumerable.Range(0, (int)decoded.shape[0]).ToArray();
        var sixteen = rows.Where(i => headers[i].SixteenBits).Select(i => (long)i).ToArray();
        using var scope = NewDisposeScope();
        return new PictureStatistics(
            CountWhere(i => headers[i].Rotated), CountWhere(i => contents[i].Transparent), CountWhere(i => contents[i].OnlyInAlpha),
            CountWhere(i => headers[i].SixteenBits),
            // One at a time: a second copy of the whole set may not fit into memory.
            sixteen.Length == 0 ? 0 : sixteen.Max(i => Largest(decoded[i])),
            CountWhere(i => headers[i].Animated));

        ExampleCount CountWhere(Func<int, bool> holds) =>
            rows.Where(holds).Take(1).ToArray() is [var first] ? new ExampleCount(rows.Count(holds), images[first].Path) : default;

        static int Largest(Tensor image)
        {
            using var scope = NewDisposeScope();
            return image.max().item<byte>();
        }
    }

    /// <summary>Rejects damaged images; the message names the first and counts the others.</summary>
    private void ThrowIfDamaged(IReadOnlyDictionary<int, string> damaged)
    {
        if (damaged.Count == 0) return;
        var (first, why) = damaged.MinBy(image => images[image.Key].Path, StringComparer.Ordinal);
        throw new InputException($"{Locate(first)}: {why}" + (damaged.Count == 1 ? ""
            : $"; {damaged.Count - 1} more cannot be read: "
                + $"{SkippedFiles.JoinFirst([.. damaged.Keys.Where(i => i != first).Select(i => images[i].Path).Order(StringComparer.Ordinal)], MaxNames)}"));
    }

    private unsafe void DecodeInto(Tensor stack, int count, int size)
    {
        // A pointer, because spans are limited to 2 GiB. The threads that write through it create no tensors and little garbage.
        var start = stack.storage<byte>().data_ptr();
        var damaged = new ConcurrentDictionary<int, string>();
        BoundedParallel.ForEach(0, count, i =>
        {
            if (!DecodeOne(i, new Span<byte>((byte*)start + (long)i * size, size))) damaged[i] = Truncated;
        });
        GC.KeepAlive(stack);
        ThrowIfDamaged(damaged);
    }

    private bool AnyOtherHasColour(int count, int size)
    {
        var room = new byte[size];
        for (var i = count; i < images.Length; i++)
        {
            if (headers[i].Grey) continue;
            if (!DecodeOne(i, room)) throw new InputException($"{Locate(i)}: {Truncated}");
            if (contents[i].Coloured) return true;
        }
        return false;
    }

    private bool DecodeOne(int i, Span<byte> room) => (contents[i] = PictureCodec.Decode(ReadBytes(i), room)).Succeeded;

    private byte[] ReadBytes(int i)
    {
        var bytes = files.Read(images[i].Path);
        return resized is null ? bytes : resized.Resize(bytes) ?? bytes;
    }

    private string Locate(int i) => files.Locate(images[i].Path);
}
