using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Arow.Data;

/// <summary>What one split of a data set holds.</summary>
/// <param name="Name">train, validation, test, or what else it is for.</param>
/// <param name="Count">Images.</param>
/// <param name="Shape">C, H, W.</param>
/// <param name="Classes">Their names.</param>
/// <param name="PerClass">Images of each class, in the same order.</param>
/// <param name="Constant">Images of one colour.</param>
/// <param name="Copies">Images that are pixel by pixel an earlier one of the split; those of one colour are left out.</param>
/// <param name="Contradicting">Those of them that are of another class than the earlier one.</param>
/// <param name="Least">The smallest byte of all pixels.</param>
/// <param name="Most">The largest.</param>
public sealed record SplitFindings(
    string Name, int Count, IReadOnlyList<long> Shape, IReadOnlyList<string> Classes, IReadOnlyList<long> PerClass,
    Counted Constant, Counted Copies, Counted Contradicting, byte Least, byte Most)
{
    internal ImageOrigin? Origin { get; init; }

    /// <summary>Images with a pixel that is not grey.</summary>
    internal int Coloured { get; init; }
}

/// <summary>Images of a split that are also in an earlier one.</summary>
/// <param name="Earlier">That one.</param>
/// <param name="Later">The split.</param>
/// <param name="Copies">How many of its images.</param>
/// <param name="Contradicting">Those of them that are of another class there.</param>
public sealed record SharedImages(string Earlier, string Later, Counted Copies, Counted Contradicting);

/// <summary>
/// One look at the images of a data set before any work with them, split by split. It keeps a hash of 16 bytes for each image and
/// no pixels.
/// </summary>
public sealed class DataInspection
{
    private readonly Dictionary<UInt128, (int Split, int Row, long Label)> seen = [];
    private readonly List<SplitFindings> splits = [];
    private readonly Dictionary<(int Earlier, int Later), (Counted Copies, Counted Contradicting)> shared = [];
    private readonly List<string> remarks = [];

    /// <summary>What was found in each split, in the order in which they were added.</summary>
    public IReadOnlyList<SplitFindings> Splits => splits;

    /// <summary>Images that are in two splits.</summary>
    public IReadOnlyList<SharedImages> Shared =>
        [.. shared.Select(s => new SharedImages(splits[s.Key.Earlier].Name, splits[s.Key.Later].Name, s.Value.Copies, s.Value.Contradicting))];

    /// <summary>What else there is to say, in one line each.</summary>
    public IReadOnlyList<string> Remarks => remarks;

    /// <summary>Looks at the images of a split.</summary>
    /// <param name="split">Its name.</param>
    /// <param name="images">On any device; a label below 0 stands for none.</param>
    /// <exception cref="InputException">They are of another shape than those of an earlier split.</exception>
    public void Add(string split, ImageSet images)
    {
        long[] shape = [images.Channels, images.Height, images.Width];
        if (splits.Count > 0 && !splits[0].Shape.SequenceEqual(shape))
            throw new InputException($"{images.Name}: the {split} images are {string.Join('x', shape)} and the {splits[0].Name} images {string.Join('x', splits[0].Shape)}; all must have one size");
        using var scope = NewDisposeScope();
        var (pixels, labels, places) = (images.Images.cpu().contiguous(), Numbers(images.Labels), Numbers(images.Indices));
        var looks = Look(pixels);
        splits.Add(Findings(split, images, labels, places, looks) with { Shape = shape, Least = pixels.min().item<byte>(), Most = pixels.max().item<byte>() });
    }

    /// <summary>Adds a line.</summary>
    public void Remark(string line) => remarks.Add(line);

    /// <summary>Refuses images of one class: there is nothing to tell apart, and every number would be 100 %.</summary>
    /// <param name="images">The images.</param>
    /// <exception cref="InputException">The set has one class, or none.</exception>
    public static void RequireTwoClasses(ImageSet images)
    {
        if (images.Classes.Count < 2) throw OneClass(images.Name, images.Classes.FirstOrDefault() ?? "", FolderHint);
    }

    /// <summary>Refuses training images of one class.</summary>
    /// <param name="train">What was found in them.</param>
    /// <param name="dataset">Their set, for the message.</param>
    /// <exception cref="InputException">All images are of one class.</exception>
    internal static void RequireTwoClasses(SplitFindings train, string dataset)
    {
        if (train.PerClass.Count(n => n > 0) >= 2) return;
        var only = train.Classes.Zip(train.PerClass).FirstOrDefault(c => c.Second > 0).First ?? "";
        throw OneClass(dataset, only, train.Classes.Count < 2 ? FolderHint : $"; all {train.Count} training images are of it");
    }

    private const string FolderHint = "; each class has a folder of its own, and the folder that holds them may be a level higher or lower";

    private static InputException OneClass(string dataset, string name, string hint) =>
        new($"{dataset}: has images of one class only, '{name}', and a classifier tells two or more apart{hint}");

    private SplitFindings Findings(string split, ImageSet images, long[] labels, long[] places, (UInt128 Hash, bool Constant, bool Coloured)[] looks)
    {
        var (constant, copies, contradicting, perClass) = (default(Counted), default(Counted), default(Counted), new long[images.Classes.Count]);
        var own = splits.Count;
        seen.EnsureCapacity(seen.Count + looks.Length);
        for (var i = 0; i < looks.Length; i++)
        {
            var known = labels[i] >= 0 && labels[i] < perClass.Length;
            if (known) perClass[labels[i]]++;
            if (looks[i].Constant)
            {
                // All of one colour are the same: that they are so is what is wrong with them.
                constant = constant.And(NameOf(images.Origin, places[i]));
                continue;
            }
            if (seen.TryAdd(looks[i].Hash, (own, (int)places[i], labels[i]))) continue;

            var (earlier, place, label) = seen[looks[i].Hash];
            var (other, pair) = (known && label >= 0 && label != labels[i],
                $"{NameOf(images.Origin, places[i])} is {NameOf(earlier == own ? images.Origin : splits[earlier].Origin, place)}");
            if (earlier == own)
            {
                copies = copies.And(pair);
                if (other) contradicting = contradicting.And(pair);
            }
            else
            {
                var (both, unlike) = shared.GetValueOrDefault((earlier, own));
                shared[(earlier, own)] = (both.And(pair), other ? unlike.And(pair) : unlike);
            }
        }
        return new SplitFindings(split, looks.Length, [], images.Classes, perClass, constant, copies, contradicting, 0, 0)
        {
            Origin = images.Origin, Coloured = looks.Count(look => look.Coloured),
        };
    }

    private static string NameOf(ImageOrigin? origin, long place) => origin is null ? $"image {place}" : Printable.Text(origin.Names[(int)place]);

    private static long[] Numbers(Tensor t) => t.cpu().data<long>().ToArray();

    /// <summary>Of each image a hash of its pixels, whether it has one colour, and whether it shows any.</summary>
    private static unsafe (UInt128, bool, bool)[] Look(Tensor pixels)
    {
        var (count, planes, area) = ((int)pixels.shape[0], (int)pixels.shape[1], (int)(pixels.shape[2] * pixels.shape[3]));
        var looks = new (UInt128, bool, bool)[count];
        // A pointer, since spans end at 2 GiB.
        var start = (nint)(byte*)pixels.storage<byte>().data_ptr() + (nint)pixels.storage_offset();
        FewCores.ForEach(0, count, i => looks[i] = Of(new ReadOnlySpan<byte>((byte*)start + (long)i * planes * area, planes * area), area));
        GC.KeepAlive(pixels);
        return looks;

        static (UInt128, bool, bool) Of(ReadOnlySpan<byte> image, int area)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(image, hash);
            var constant = true;
            for (var plane = image; constant && plane.Length > 0; plane = plane[area..]) constant = plane[..area].IndexOfAnyExcept(plane[0]) < 0;
            var coloured = image.Length > area && !(image[..area].SequenceEqual(image[area..(2 * area)]) && image[..area].SequenceEqual(image[(2 * area)..]));
            return (BinaryPrimitives.ReadUInt128LittleEndian(hash), constant, coloured);
        }
    }
}
