using System.Buffers.Binary;
using System.Security.Cryptography;
using Arow.IO;

namespace Arow.Data;

/// <summary>Inspection results of one split of a data set.</summary>
/// <param name="Name">Name of the split: train, validation, test or other.</param>
/// <param name="Count">Number of images.</param>
/// <param name="Shape">C, H, W.</param>
/// <param name="Classes">Class names.</param>
/// <param name="PerClass">Images per class, in the same order.</param>
/// <param name="Constant">Images of a single colour.</param>
/// <param name="Duplicates">Images that are identical to an earlier one of the split; those of a single colour are not counted.</param>
/// <param name="Conflicting">Copies whose class differs from that of the earlier image.</param>
/// <param name="Minimum">Smallest pixel value.</param>
/// <param name="Maximum">Largest pixel value.</param>
internal sealed record SplitInspection(
    string Name, int Count, IReadOnlyList<long> Shape, IReadOnlyList<string> Classes, IReadOnlyList<long> PerClass,
    ExampleCount Constant, ExampleCount Duplicates, ExampleCount Conflicting, byte Minimum, byte Maximum)
{
    internal ImageOrigin? Origin { get; init; }

    /// <summary>Number of images with a pixel that is not grey.</summary>
    internal int Coloured { get; init; }
}

/// <summary>Images of a split that also occur in an earlier split.</summary>
/// <param name="Earlier">Name of the earlier split.</param>
/// <param name="Later">Name of the split.</param>
/// <param name="Duplicates">Images that occur in both.</param>
/// <param name="Conflicting">Copies with a different class in the earlier split.</param>
internal sealed record SharedImages(string Earlier, string Later, ExampleCount Duplicates, ExampleCount Conflicting);

/// <summary>
/// Inspects the images of a data set, split by split, before any work with them. It keeps a hash of 16 bytes per image and no pixels.
/// </summary>
internal sealed class DataInspection
{
    private readonly Dictionary<UInt128, (int Split, int Row, long Label)> seen = [];
    private readonly List<SplitInspection> splits = [];
    private readonly Dictionary<(int Earlier, int Later), (ExampleCount Copies, ExampleCount Contradicting)> shared = [];
    private readonly List<string> remarks = [];

    /// <summary>Results of each split, in the order of addition.</summary>
    public IReadOnlyList<SplitInspection> Splits => splits;

    /// <summary>Images that occur in two splits.</summary>
    public IReadOnlyList<SharedImages> Shared =>
        [.. shared.Select(s => new SharedImages(splits[s.Key.Earlier].Name, splits[s.Key.Later].Name, s.Value.Copies, s.Value.Contradicting))];

    /// <summary>Further remarks, one line each.</summary>
    public IReadOnlyList<string> Remarks => remarks;

    /// <summary>Images inspected at once, so that packed images are not all in memory.</summary>
    private const int BlockImages = 8192;

    /// <summary>Inspects the images of a split.</summary>
    /// <param name="split">Name of the split.</param>
    /// <param name="images">Images, on any device; a negative label means no label.</param>
    /// <exception cref="InputException">The shape differs from that of an earlier split.</exception>
    public void Add(string split, ImageSet images)
    {
        long[] shape = [images.Channels, images.Height, images.Width];
        if (splits.Count > 0 && !splits[0].Shape.SequenceEqual(shape))
            throw new InputException(
                $"{images.Name}: the {split} images are {string.Join('x', shape)} and the {splits[0].Name} images "
                    + $"{string.Join('x', splits[0].Shape)}; all must have the same size");
        using var scope = NewDisposeScope();
        var (labels, places) = (ToArray(images.Labels), ToArray(images.Indices));
        var analyzed = new (UInt128 Hash, bool Constant, bool Coloured)[images.Count];
        var (minimum, maximum) = (byte.MaxValue, byte.MinValue);
        for (var first = 0; first < analyzed.Length; first += BlockImages)
        {
            using var block = NewDisposeScope();
            var pixels = images.Gather(first, Math.Min(BlockImages, analyzed.Length - first)).cpu().contiguous();
            AnalyzeImages(pixels, analyzed, first);
            (minimum, maximum) = (Math.Min(minimum, pixels.min().item<byte>()), Math.Max(maximum, pixels.max().item<byte>()));
        }
        splits.Add(InspectSplit(split, images, labels, places, analyzed) with
        {
            Shape = shape,
            Minimum = minimum,
            Maximum = maximum
        });
    }

    /// <summary>Adds a remark.</summary>
    public void AddRemark(string line) => remarks.Add(line);

    /// <summary>Rejects a set with fewer than two classes: every accuracy would be 100 %.</summary>
    /// <param name="images">The images.</param>
    /// <exception cref="InputException">The set has fewer than two classes.</exception>
    public static void RequireTwoClasses(ImageSet images)
    {
        if (images.Classes.Count < 2) throw OneClassException(images.Name, images.Classes.FirstOrDefault() ?? "", FolderHint);
    }

    /// <summary>Rejects training images of a single class.</summary>
    /// <param name="train">Inspection results of the training images.</param>
    /// <param name="dataset">Name of the set, for the message.</param>
    /// <exception cref="InputException">All images have the same class.</exception>
    internal static void RequireTwoClasses(SplitInspection train, string dataset)
    {
        if (train.PerClass.Count(n => n > 0) >= 2) return;
        var only = train.Classes.Zip(train.PerClass).FirstOrDefault(c => c.Second > 0).First ?? "";
        throw OneClassException(dataset, only, train.Classes.Count < 2 ? FolderHint : $"; all {train.Count} training images belong to it");
    }

    private const string FolderHint = "; each class needs its own folder, and the folder that contains them may be a level higher or lower";

    private static InputException OneClassException(string dataset, string name, string hint) =>
        new($"{dataset}: has images of one class only, '{name}'; a classifier needs at least two{hint}");

    private SplitInspection InspectSplit(string split, ImageSet images, long[] labels, long[] places,
        (UInt128 Hash, bool Constant, bool Coloured)[] analyzed)
    {
        var (constant, copies, contradicting, perClass) =
            (default(ExampleCount), default(ExampleCount), default(ExampleCount), new long[images.Classes.Count]);
        var splitIndex = splits.Count;
        seen.EnsureCapacity(seen.Count + analyzed.Length);
        for (var i = 0; i < analyzed.Length; i++)
        {
            var known = labels[i] >= 0 && labels[i] < perClass.Length;
            if (known) perClass[labels[i]]++;
            if (analyzed[i].Constant)
            {
                // Images of one colour are all identical; they are reported as constant, not as copies.
                constant = constant.Add(DescribeImage(images.Origin, places[i]));
                continue;
            }
            if (seen.TryAdd(analyzed[i].Hash, (splitIndex, (int)places[i], labels[i]))) continue;

            var (earlier, place, label) = seen[analyzed[i].Hash];
            var (other, pair) = (known && label >= 0 && label != labels[i],
                $"{DescribeImage(images.Origin, places[i])} is "
                    + $"{DescribeImage(earlier == splitIndex ? images.Origin : splits[earlier].Origin, place)}");
            if (earlier == splitIndex)
            {
                copies = copies.Add(pair);
                if (other) contradicting = contradicting.Add(pair);
            }
            else
            {
                var (both, unlike) = shared.GetValueOrDefault((earlier, splitIndex));
                shared[(earlier, splitIndex)] = (both.Add(pair), other ? unlike.Add(pair) : unlike);
            }
        }
        return new SplitInspection(split, analyzed.Length, [], images.Classes, perClass, constant, copies, contradicting, 0, 0)
        {
            Origin = images.Origin, Coloured = analyzed.Count(look => look.Coloured),
        };
    }

    private static string DescribeImage(ImageOrigin? origin, long place) =>
        origin is null ? $"image {place}" : Printable.Escape(origin.Names[(int)place]);

    private static long[] ToArray(Tensor t) => t.cpu().data<long>().ToArray();

    /// <summary>Computes for each image a hash of its pixels, whether it has a single colour, and whether any pixel is not grey.</summary>
    private static unsafe void AnalyzeImages(Tensor pixels, (UInt128, bool, bool)[] results, int first)
    {
        var (count, planes, area) = ((int)pixels.shape[0], (int)pixels.shape[1], (int)(pixels.shape[2] * pixels.shape[3]));
        // A pointer, because spans are limited to 2 GiB.
        var start = (nint)(byte*)pixels.storage<byte>().data_ptr() + (nint)pixels.storage_offset();
        BoundedParallel.ForEach(0, count, Analyze, ReadingProgress.Stop);
        GC.KeepAlive(pixels);

        void Analyze(int i) =>
            results[first + i] = AnalyzeImage(new ReadOnlySpan<byte>((byte*)start + (long)i * planes * area, planes * area), area);

        static (UInt128, bool, bool) AnalyzeImage(ReadOnlySpan<byte> image, int area)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(image, hash);
            var constant = true;
            for (var plane = image; constant && plane.Length > 0; plane = plane[area..]) constant = plane[..area].IndexOfAnyExcept(plane[0]) < 0;
            var coloured = image.Length > area
                && !(image[..area].SequenceEqual(image[area..(2 * area)]) && image[..area].SequenceEqual(image[(2 * area)..]));
            return (BinaryPrimitives.ReadUInt128LittleEndian(hash), constant, coloured);
        }
    }
}
