using System.Collections.Concurrent;

namespace Arow.Data;

/// <summary>Decodes encoded images into one tensor.</summary>
/// <param name="files">Source of the images.</param>
/// <param name="images">All images of the set; those to decode come first.</param>
internal sealed class PictureStack(FolderFiles files, FolderImage[] images)
{
    private const int Told = 4;
    private const string CutShort = "is damaged or truncated";

    private readonly PictureHeader[] headers = new PictureHeader[images.Length];
    private readonly PictureContent[] contents = new PictureContent[images.Length];

    /// <summary>
    /// Decodes the first <paramref name="count"/> images, [N, C, H, W] uint8. The others also determine size and colour, so that all
    /// splits of a set agree.
    /// </summary>
    /// <exception cref="InputException">An image is damaged or differs in size; the first one is named.</exception>
    public Tensor Decode(int count)
    {
        var damaged = new ConcurrentDictionary<int, string>();
        FewCores.ForEach(0, images.Length, i =>
        {
            var bytes = Bytes(i);
            if (Picture.Header(bytes) is { } header) headers[i] = header;
            else damaged[i] = Picture.WhyNot(bytes) ?? "is damaged or neither PNG nor JPEG";
        });
        RefuseAny(damaged);
        var (width, height) = (headers[0].Width, headers[0].Height);
        for (var i = 1; i < images.Length; i++)
        {
            if ((headers[i].Width, headers[i].Height) != (width, height))
                throw new InputException($"{Place(i)}: is {headers[i].Width}x{headers[i].Height} but {images[0].Path} is {width}x{height}; "
                    + "all images must have the same size; 'arow data resize' resizes them");
        }

        var channels = headers.All(header => header.Grey) ? 1 : 3;
        var size = (long)channels * height * width;
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (size > Array.MaxLength / 4 || size * count > memory)
            throw new InputException($"{files.Root}: {count} images of {width}x{height} do not fit into memory; make them smaller");

        var stack = empty([count, channels, height, width], ScalarType.Byte);
        DecodeInto(stack, count, (int)size);
        return channels == 1 || contents.Any(c => c.Coloured) || RestHasColour(count, (int)size)
            ? stack
            : stack.narrow(1, 0, 1).contiguous();
    }

    /// <summary>Returns observations on the images that <see cref="Decode"/> returned.</summary>
    /// <param name="decoded">The decoded images.</param>
    public PictureNotes Notes(Tensor decoded)
    {
        var rows = Enumerable.Range(0, (int)decoded.shape[0]).ToArray();
        var sixteen = rows.Where(i => headers[i].SixteenBits).Select(i => (long)i).ToArray();
        using var scope = NewDisposeScope();
        return new PictureNotes(
            Counted(i => headers[i].Turned), Counted(i => contents[i].Transparent), Counted(i => contents[i].OnlyInAlpha), Counted(i => headers[i].SixteenBits),
            // One at a time: a second copy of the whole set may not fit into memory.
            sixteen.Length == 0 ? 0 : sixteen.Max(i => Largest(decoded[i])),
            Counted(i => headers[i].Animated));

        Counted Counted(Func<int, bool> holds) =>
            rows.Where(holds).Take(1).ToArray() is [var first] ? new Counted(rows.Count(holds), images[first].Path) : default;

        static int Largest(Tensor image)
        {
            using var scope = NewDisposeScope();
            return image.max().item<byte>();
        }
    }

    /// <summary>Rejects damaged images; the message names the first and counts the others.</summary>
    private void RefuseAny(IReadOnlyDictionary<int, string> damaged)
    {
        if (damaged.Count == 0) return;
        var (first, why) = damaged.MinBy(image => images[image.Key].Path, StringComparer.Ordinal);
        throw new InputException($"{Place(first)}: {why}" + (damaged.Count == 1 ? ""
            : $"; {damaged.Count - 1} more cannot be read: {PassedOver.Shortened([.. damaged.Keys.Where(i => i != first).Select(i => images[i].Path).Order(StringComparer.Ordinal)], Told)}"));
    }

    private unsafe void DecodeInto(Tensor stack, int count, int size)
    {
        // A pointer, because spans are limited to 2 GiB. The threads that write through it create no tensors and little garbage.
        var start = stack.storage<byte>().data_ptr();
        var damaged = new ConcurrentDictionary<int, string>();
        FewCores.ForEach(0, count, i =>
        {
            if (!DecodeOne(i, new Span<byte>((byte*)start + (long)i * size, size))) damaged[i] = CutShort;
        });
        GC.KeepAlive(stack);
        RefuseAny(damaged);
    }

    private bool RestHasColour(int count, int size)
    {
        var room = new byte[size];
        for (var i = count; i < images.Length; i++)
        {
            if (headers[i].Grey) continue;
            if (!DecodeOne(i, room)) throw new InputException($"{Place(i)}: {CutShort}");
            if (contents[i].Coloured) return true;
        }
        return false;
    }

    private bool DecodeOne(int i, Span<byte> room) => (contents[i] = Picture.Decode(Bytes(i), room)).Good;

    private byte[] Bytes(int i) => files.Read(images[i].Path);

    private string Place(int i) => files.Place(images[i].Path);
}
