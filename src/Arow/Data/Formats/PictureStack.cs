using System.Collections.Concurrent;
using Arow.IO;

namespace Arow.Data;

/// <summary>Decodes encoded images into one tensor.</summary>
/// <param name="files">Source of the images.</param>
/// <param name="images">All images of the set; those to decode come first.</param>
/// <param name="resized">Brings them to one size; null if they have one.</param>
/// <param name="skipDamaged">Whether damaged images are left out; null where the user has no such choice.</param>
internal sealed class PictureStack(FolderFiles files, FolderImage[] images, ResizedPictures? resized = null, bool? skipDamaged = null)
{
    private const int MaxNames = 4;
    private const string Truncated = "is damaged or truncated";

    private readonly PictureHeader[] headers = new PictureHeader[images.Length];
    private readonly DecodedPicture[] contents = new DecodedPicture[images.Length];
    private readonly ConcurrentDictionary<int, string> damaged = [];
    private int[] kept = [];

    /// <summary>The decoded images, in order: all but damaged ones.</summary>
    public IReadOnlyList<FolderImage> Kept => [.. kept.Select(i => images[i])];

    /// <summary>The damaged images among those to decode, which were left out.</summary>
    public ExampleCount Damaged { get; private set; }

    /// <summary>
    /// Decodes the first <paramref name="count"/> images, [N, C, H, W] uint8. The others also determine size and colour, so that all
    /// splits of a set agree.
    /// </summary>
    /// <exception cref="InputException">An image is damaged or differs in size; the first one is named.</exception>
    /// <exception cref="OperationCanceledException">By <see cref="ReadingProgress.Stop"/>.</exception>
    public Tensor Decode(int count)
    {
        var progress = new ReadingProgress(images.Length + count);
        BoundedParallel.ForEach(0, images.Length, i =>
        {
            ReadHeader(i);
            progress.Advance();
        }, ReadingProgress.Stop);
        ThrowIfDamaged();
        if (damaged.Count == images.Length) ThrowIfDamaged(always: true);
        var first = Enumerable.Range(0, images.Length).First(i => !damaged.ContainsKey(i));
        var (width, height) = (headers[first].Width, headers[first].Height);
        for (var i = first + 1; i < images.Length; i++)
        {
            if (damaged.ContainsKey(i)) continue;
            if ((headers[i].Width, headers[i].Height) != (width, height))
                throw new InputException($"{Locate(i)}: is {headers[i].Width}x{headers[i].Height} but {NameOf(first)} is {width}x{height}; "
                    + $"all images must have the same size; {Wording.Current.ResizeImages}");
        }

        var channels = headers.Where((_, i) => !damaged.ContainsKey(i)).All(header => header.Grey) ? 1 : 3;
        var size = (long)channels * height * width;
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (size > Array.MaxLength / 4 || size * count > memory)
            throw new InputException($"{files.Root}: {count} images of {width}x{height} do not fit into memory; make them smaller");

        var stack = empty([count, channels, height, width], ScalarType.Byte);
        DecodeInto(stack, count, (int)size, progress);
        kept = [.. Enumerable.Range(0, count).Where(i => !damaged.ContainsKey(i))];
        foreach (var i in Enumerable.Range(0, count).Where(damaged.ContainsKey)) Damaged = Damaged.Add($"{NameOf(i)} {damaged[i]}");
        if (kept.Length < count) stack = stack.index_select(0, tensor(kept.Select(i => (long)i).ToArray()));
        return channels == 1 || contents.Any(c => c.Coloured) || AnyOtherHasColour(count, (int)size)
            ? stack
            : stack.narrow(1, 0, 1).contiguous();
    }

    /// <summary>Returns observations on the images that <see cref="Decode"/> returned.</summary>
    /// <param name="decoded">The decoded images.</param>
    public PictureStatistics GetStatistics(Tensor decoded)
    {
        var rows = kept;
        var sixteen = rows.Index().Where(row => headers[row.Item].SixteenBits).Select(row => (long)row.Index).ToArray();
        using var scope = NewDisposeScope();
        return new PictureStatistics(
            CountWhere(i => headers[i].Rotated), CountWhere(i => contents[i].Transparent), CountWhere(i => contents[i].OnlyInAlpha),
            CountWhere(i => headers[i].SixteenBits),
            // One at a time: a second copy of the whole set may not fit into memory.
            sixteen.Length == 0 ? 0 : sixteen.Max(i => Largest(decoded[i])),
            CountWhere(i => headers[i].Animated));

        ExampleCount CountWhere(Func<int, bool> holds) =>
            rows.Where(holds).Take(1).ToArray() is [var first] ? new ExampleCount(rows.Count(holds), NameOf(first)) : default;

        static int Largest(Tensor image)
        {
            using var scope = NewDisposeScope();
            return image.max().item<byte>();
        }
    }

    /// <summary>Reads an image's header, that of the resized one if it is resized, or what is wrong with it.</summary>
    private void ReadHeader(int i)
    {
        var bytes = files.Read(images[i].Path);
        if (PictureCodec.ReadHeader(bytes) is { } header)
        {
            headers[i] = header;
            if (resized is null) return;
            if (resized.Resize(bytes) is { } png) headers[i] = PictureCodec.ReadHeader(png)!.Value with
            {
                Animated = header.Animated,
                SixteenBits = header.SixteenBits,
            };
            else damaged[i] = PictureCodec.DescribeFailure(bytes);
        }
        else damaged[i] = PictureCodec.DescribeUnsupported(bytes) ?? PictureCodec.Unknown;
    }

    /// <summary>Rejects damaged images unless they are left out; the message names the first and counts the others.</summary>
    private void ThrowIfDamaged(bool always = false)
    {
        if (damaged.IsEmpty || skipDamaged == true && !always) return;
        var (first, why) = damaged.MinBy(image => images[image.Key].Path, StringComparer.Ordinal);
        throw new InputException($"{Locate(first)}: {why}" + (damaged.Count == 1 ? ""
            : $"; {damaged.Count - 1} more cannot be read: "
                + $"{SkippedFiles.JoinFirst([.. damaged.Keys.Where(i => i != first).Select(NameOf).Order(StringComparer.Ordinal)], MaxNames)}")
            + (skipDamaged == false ? $"; {Wording.Current.Setting("skip-damaged")} leaves out damaged images" : ""));
    }

    private unsafe void DecodeInto(Tensor stack, int count, int size, ReadingProgress progress)
    {
        // A pointer, because spans are limited to 2 GiB. The threads that write through it create no tensors and little garbage.
        var start = stack.storage<byte>().data_ptr();
        BoundedParallel.ForEach(0, count, i =>
        {
            if (!damaged.ContainsKey(i) && !DecodeOne(i, new Span<byte>((byte*)start + (long)i * size, size))) damaged[i] = Truncated;
            progress.Advance();
        }, ReadingProgress.Stop);
        GC.KeepAlive(stack);
        ThrowIfDamaged();
    }

    private bool AnyOtherHasColour(int count, int size)
    {
        var room = new byte[size];
        for (var i = count; i < images.Length; i++)
        {
            ReadingProgress.Stop.ThrowIfCancellationRequested();
            if (headers[i].Grey || damaged.ContainsKey(i)) continue;
            if (!DecodeOne(i, room))
            {
                damaged[i] = Truncated;
                ThrowIfDamaged();
            }
            else if (contents[i].Coloured) return true;
        }
        return false;
    }

    private bool DecodeOne(int i, Span<byte> room) => (contents[i] = PictureCodec.Decode(ReadBytes(i), room)).Succeeded;

    private byte[] ReadBytes(int i)
    {
        var bytes = files.Read(images[i].Path);
        return resized is null ? bytes : resized.Resize(bytes) ?? bytes;
    }

    /// <summary>The name that an image has in the folder, whatever it is once resized.</summary>
    private string NameOf(int i) => files.OriginalName(images[i].Path);

    private string Locate(int i) => files.Locate(images[i].Path);
}
