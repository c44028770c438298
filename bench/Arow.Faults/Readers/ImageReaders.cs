using System.Buffers.Binary;
using System.Formats.Tar;
using Arow.Data;
using Arow.Faults.Files;
using Arow.IO;
using Arow.Registry;
using SkiaSharp;

namespace Arow.Faults.Readers;

/// <summary>Data sets and images.</summary>
internal static class ImageReaders
{
    /// <summary>Of one size, 8x8, as class folders need.</summary>
    private static readonly Lazy<byte[][]> SmallPictures = new(() =>
    [
        Pictures.Noise(8, 8, SKEncodedImageFormat.Png, grey: true), Pictures.Noise(8, 8, SKEncodedImageFormat.Png),
        Pictures.Noise(8, 8, SKEncodedImageFormat.Jpeg), Pictures.Noise(8, 8, SKEncodedImageFormat.Webp), Pictures.Bmp, Pictures.Gif,
        .. Pictures.Tiffs,
    ]);

    private const int ArraySide = 8;

    public static IReadOnlyList<Reader> All { get; } =
    [
        new("idx", Idx) { Sources = ["Idx.cs", "GzipReader.cs"], DataSets = [typeof(Idx)] },
        new("cifar", Cifar) { Sources = ["Cifar.cs", "CifarPickles.cs"], DataSets = [typeof(Cifar)] },
        new("mat", Mat) { Sources = ["MatFile.cs"], DataSets = [typeof(Svhn)] },
        new("folder", Folder) { Sources = ["FolderFiles.cs"], DataSets = [typeof(ImageFolder)] },
        new("archive", Archive) { Sources = ["ArchiveFormat.cs", "TarArchiveReader.cs", "ZipReader.cs"] },
        new("packed images", PackedImages) { Sources = ["ImagePack.cs"] },
        new("pictures", Decoded),
        new("resize", Resized),
        new("npz", Packed) { Sources = ["Npz.cs", "ExtraImages.cs"] },
        new("arrays", Arrays) { Sources = ["ImageArrays.cs", "NpySource.cs"] },
        new("arrays in turn", ArraysInTurn) { Sources = ["NpzPictures.cs"] },
        new("extra images", Extra) { Sources = ["ExtraImages.cs"] },
    ];

    private static Action Idx(Spoilage s, string folder)
    {
        const int Images = 10, Side = 8;
        byte[] images = [0, 0, 8, 3, 0, 0, 0, Images, 0, 0, 0, Side, 0, 0, 0, Side, .. Noise(Images * Side * Side)];
        byte[] labels = [0, 0, 8, 1, 0, 0, 0, Images, .. Noise(Images, below: 10)];
        var (gzip, inside, spoilsImages) = (s.Once(2), s.Once(2), !s.Once(4));
        Put("train-images-idx3-ubyte", images, spoilsImages);
        Put("train-labels-idx1-ubyte", labels, !spoilsImages);
        return () => Use(Catalog.DataSets["mnist"].Load(Split.Train, folder));

        void Put(string name, byte[] content, bool spoilt)
        {
            byte[] Spoilt(byte[] bytes) => spoilt ? s.Bytes(bytes) : bytes;
            File.WriteAllBytes(Path.Combine(folder, gzip ? $"{name}.gz" : name),
                !gzip ? Spoilt(content) : inside ? Archives.Gzip(Spoilt(content)) : Spoilt(Archives.Gzip(content)));
        }
    }

    private static Action Cifar(Spoilage s, string folder)
    {
        var hundred = s.Once(2);
        if (s.Once(3)) return PickledCifar(s, folder, hundred);
        var (name, member, file) = hundred ? ("cifar100", "cifar-100-binary/test.bin", "cifar-100-binary.tar.gz")
            : ("cifar10", "cifar-10-batches-bin/test_batch.bin", "cifar-10-binary.tar.gz");
        if (s.Once(3)) File.WriteAllBytes(Path.Combine(folder, Path.GetFileName(member)), s.Bytes(Records(hundred)));
        else File.WriteAllBytes(Path.Combine(folder, file), TarGz(s, [(member, Records(hundred)), ("cifar/readme.txt", Noise(30))]));
        return () => Use(Catalog.DataSets[name].Load(Split.Test, folder));
    }

    /// <summary>The version for Python, in a folder or an archive.</summary>
    private static Action PickledCifar(Spoilage s, string folder, bool hundred)
    {
        const int Images = 5;
        var (name, below, batch, labels) = hundred ? ("cifar100", "cifar-100-python", "test", "fine_labels")
            : ("cifar10", "cifar-10-batches-py", "test_batch", "labels");
        var (meta, names) = hundred ? ("meta", "fine_label_names") : ("batches.meta", "label_names");
        var damagesMeta = s.Once(4);
        var pickle = CifarPickle.Batch(labels, Noise(Images, below: 10), Noise(3072 * Images), fortran: s.Once(3));
        var classes = CifarPickle.Meta(names, Enumerable.Range(0, hundred ? 100 : 10).Select(i => $"class {i}"));
        // The interesting bytes are the few that say how to read the others.
        byte[] Instructions(byte[] bytes, Random random)
        {
            var damaged = bytes.ToArray();
            var at = random.Next(Math.Min(bytes.Length, 250));
            damaged[random.Next(2) == 0 ? at : bytes.Length - 1 - at] = (byte)random.Next(256);
            return damaged;
        }
        if (!damagesMeta) pickle = s.Once(3) ? s.Bytes(pickle) : s.By(Instructions, pickle);
        else classes = s.Once(3) ? s.Bytes(classes) : s.By(Instructions, classes);
        if (s.Once(2))
        {
            File.WriteAllBytes(Path.Combine(folder, batch), pickle);
            File.WriteAllBytes(Path.Combine(folder, meta), classes);
        }
        else
        {
            File.WriteAllBytes(Path.Combine(folder, $"{below}.tar.gz"),
                TarGz(s with { Damages = false }, [($"{below}/{batch}", pickle), ($"{below}/{meta}", classes)]));
        }
        return () => Use(Catalog.DataSets[name].Load(Split.Test, folder));
    }

    private static Action Mat(Spoilage s, string folder)
    {
        const int Images = 3;
        var images = MatWriter.Array("X", [32, 32, 3, Images], MatWriter.Bytes, Noise(3072 * Images));
        var digits = Noise(Images, below: 10).SelectMany(digit => BitConverter.GetBytes(digit + 1.0)).ToArray();
        var labels = MatWriter.Array("y", [Images, 1], s.Damages && s.Once(4) ? s.Dice.Next(1, 14) : MatWriter.Doubles, digits);
        byte[] Loose(byte[] element) => s.Once(2) ? s.Bytes(element) : element;
        File.WriteAllBytes(Path.Combine(folder, "test_32x32.mat"), s.Dice.Next(4) switch
        {
            0 => s.Bytes([.. MatWriter.Header, .. images, .. labels]),
            1 => s.Bytes([.. MatWriter.Header, .. MatWriter.Packed(images), .. MatWriter.Packed(labels)]),
            2 => [.. MatWriter.Header, .. MatWriter.Packed(Loose(images)), .. MatWriter.Packed(s.Bytes(labels))],
            _ => [.. MatWriter.Header, .. s.Once(2) ? MatWriter.Packed(s.By(Tags, images)) : s.By(Tags, images), .. labels],
        });
        return () => Use(Catalog.DataSets["svhn"].Load(Split.Test, folder));

        // One of the numbers that say what follows and how much of it.
        static byte[] Tags(byte[] element, Random random)
        {
            var damaged = element.ToArray();
            BinaryPrimitives.WriteInt32LittleEndian(damaged.AsSpan(4 * random.Next(20)), (int)Damage.Extreme(random));
            return damaged;
        }
    }

    private static Action Folder(Spoilage s, string folder)
    {
        foreach (var (name, picture) in ClassFolders(s))
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, picture);
        }
        return () => Use(new ImageFolder(50).Load(Split.Train, folder));
    }

    private static Action Archive(Spoilage s, string folder)
    {
        var pictures = ClassFolders(s);
        var (ending, archive) = s.Dice.Next(5) switch
        {
            0 => ("zip", s.Bytes(ZipWriter.Write(pictures, deflate: s.Once(2), big: s.Once(3)))),
            1 => ("tar", Tar(s, pictures)),
            2 => ("tar.bz2", s.Once(2) ? s.Bytes(Archives.Bzip2(Tar(s with { Damages = false }, pictures))) : Archives.Bzip2(Tar(s, pictures))),
            _ => ("tar.gz", TarGz(s, pictures)),
        };
        var path = Path.Combine(folder, $"photos.{ending}");
        File.WriteAllBytes(path, archive);
        // Of so few a test half may be refused.
        var split = s.Damages && s.Once(2) ? Split.Test : Split.Train;
        return () => Use(Catalog.DataSets["folder"].Load(split, path));
    }

    private static Action PackedImages(Spoilage s, string folder)
    {
        var (source, path) = (Path.Combine(folder, "photos"), Path.Combine(folder, "photos.pack"));
        Directory.CreateDirectory(source);
        Folder(s with { Damages = false }, source);
        new ImagePacker().Run(source, path);
        File.WriteAllBytes(path, s.Bytes(File.ReadAllBytes(path)));
        return () => Use(Catalog.DataSets["folder"].Load(Split.Train, path));
    }

    private static Action Decoded(Spoilage s, string folder)
    {
        const long Most = 50_000_000;
        var picture = s.By(Pictures.Damaged, s.Any(SmallPictures.Value));
        File.WriteAllBytes(Path.Combine(folder, $"picture.{Pictures.Ending(picture)}"), picture);
        return () =>
        {
            // Readers of folders refuse what this finds amiss.
            if (PictureCodec.ReadHeader(picture) is not { } header || (long)header.Width * header.Height > Most
                || !PictureCodec.Decode(picture, new byte[header.Width * header.Height * (header.Grey ? 1 : 3)]).Succeeded) throw new InputException(
                    "damaged");
        };
    }

    private static Action Resized(Spoilage s, string folder)
    {
        var (source, output) = (Path.Combine(folder, "photos"), Path.Combine(folder, "resized"));
        Directory.CreateDirectory(source);
        Folder(s, source);
        var (width, height) = (s.Dice.Next(1, 9), s.Dice.Next(1, 9));
        return () =>
        {
            new ImageResizer(width, height).Run(source, output);
            // What is left is held against what was there before.
            Directory.Delete(output, recursive: true);
        };
    }

    private static Action Packed(Spoilage s, string folder)
    {
        var (images, labels) = ImagesAndLabels(s);
        var path = Path.Combine(folder, "extra.npz");
        var (whole, which) = (s.Once(3), s.Dice.Next(3));
        var archive = ZipWriter.Write(
            [(s.Damages && s.Once(20) ? "../x.npy" : "image.npy", whole || which == 1 ? images : s.By(NpyHead, images)),
                ("label.npy", whole || which == 0 ? labels : s.By(NpyHead, labels))],
            deflate: s.Once(2), big: s.Once(3));
        File.WriteAllBytes(path, whole ? s.Bytes(archive) : archive);
        return Added(s, path, channels: 1, ArraySide, ArraySide);
    }

    private static Action Arrays(Spoilage s, string folder)
    {
        var (images, labels) = ImagesAndLabels(s);
        var (path, spoilsImages) = (Path.Combine(folder, "x_test.npy"), s.Once(2));
        File.WriteAllBytes(path, spoilsImages ? s.By(NpyHead, images) : images);
        File.WriteAllBytes(Path.Combine(folder, "y_test.npy"), spoilsImages ? labels : s.By(NpyHead, labels));
        return () => Use(ImageArrays.Load("arrays", path, Split.Test));
    }

    /// <summary>As they are classified.</summary>
    private static Action ArraysInTurn(Spoilage s, string folder)
    {
        var (images, labels) = ImagesAndLabels(s);
        var isZip = s.Once(2);
        var path = Path.Combine(folder, isZip ? "test.npz" : "x_test.npy");
        File.WriteAllBytes(path, isZip ? s.Bytes(ZipWriter.Write([("x.npy", s.By(NpyHead, images)), ("y.npy", labels)], deflate: s.Once(2), big: false))
            : s.By(NpyHead, images));
        return () =>
        {
            using var pictures = NpzPictures.Open(path);
            for (var i = 0; i < pictures.Count; i++) pictures.ReadNext();
        };
    }

    private static (byte[] Images, byte[] Labels) ImagesAndLabels(Spoilage s)
    {
        const int Count = 6;
        var type = s.Damages ? s.Any(["<i8", "|u1", "<u8", "<u4", "<i2", "|b1", "<f4", "|O", ">i8"]) : s.Any(["<i8", "|u1", "<i2"]);
        var size = type == "|O" ? 8 : type[^1] - '0';
        var shape = s.Any((long[][])[[Count, ArraySide, ArraySide, 1], [Count, 1, ArraySide, ArraySide]]);
        var images = Npy("|u1", shape, Noise(Count * ArraySide * ArraySide));
        return (images, Npy(type, [Count], s.Damages && s.Once(3) ? Noise(Count * size) : new byte[Count * size]));
    }

    private static Action Extra(Spoilage s, string folder)
    {
        if (s.Once(2))
        {
            Folder(s, folder);
            return Added(s, folder, channels: 3, height: 8, width: 8);
        }
        var path = Path.Combine(folder, "extra.bin");
        File.WriteAllBytes(path, s.Bytes(Records(hundred: false)));
        return Added(s, s.Once(2) ? path : folder, channels: 3, height: 32, width: 32);
    }

    private static Action Added(Spoilage s, string path, int channels, int height, int width)
    {
        int? limit = s.Once(2) ? null : s.Dice.Next(1, 10);
        var seed = s.Dice.Next(3);
        return () =>
        {
            using var extra = ExtraImages.Load(path, channels, height, width, PublicDataSets.Digits, limit, seed);
            Seen(extra.Images);
            if (extra.Labels is not null) Seen(extra.Labels);
        };
    }

    /// <summary>An .npy array.</summary>
    private static byte[] Npy(string type, long[] shape, byte[] data)
    {
        var array = new MemoryStream();
        new NpyHeader(type, shape).Write(array);
        array.Write(data);
        return array.ToArray();
    }

    /// <summary>The array as any bytes, or its header in other words with their length put right.</summary>
    private static byte[] NpyHead(byte[] array, Random random)
    {
        const int Start = 10;
        if (random.Next(2) == 0) return Damage.Of(array, random, array);
        var end = Start + BitConverter.ToUInt16(array, 8);
        var header = Damage.Of(array[Start..end], random, array);
        return [.. array[..8], .. BitConverter.GetBytes((ushort)header.Length), .. header, .. array[end..]];
    }

    private static byte[] TarGz(Spoilage s, IReadOnlyList<(string, byte[])> files) =>
        s.Once(4) ? s.Bytes(Archives.Gzip(Tar(s with { Damages = false }, files))) : Archives.Gzip(Tar(s, files));

    private static byte[] Tar(Spoilage s, IReadOnlyList<(string, byte[])> files)
    {
        var tar = Archives.Tar((TarEntryFormat)s.Dice.Next(1, 5), files);
        return s.Once(3) ? s.Bytes(tar) : s.By((bytes, random) => Archives.WithTarSums(Damage.Of(bytes, random, bytes)), tar);
    }

    /// <summary>Two classes of four pictures, of which one is spoilt.</summary>
    private static List<(string Name, byte[] Content)> ClassFolders(Spoilage s)
    {
        const int Count = 8;
        var spoilt = s.Dice.Next(Count);
        return [.. Enumerable.Range(0, Count).Select(i =>
        {
            var picture = s.Any(SmallPictures.Value);
            return ($"photos/{(i % 2 == 0 ? "a" : "b")}/{i}.{Pictures.Ending(picture)}", i == spoilt ? s.By(Pictures.Damaged, picture) : picture);
        })];
    }

    private static byte[] Records(bool hundred)
    {
        const int Pixels = 3072;
        byte[] Record(byte label) => [.. hundred ? (byte[])[label, (byte)(10 * label)] : [label], .. Noise(Pixels)];
        return [.. Record(3), .. Record(7)];
    }

    private static byte[] Noise(int count, int below = 256)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, count).Select(_ => (byte)random.Next(below))];
    }

    /// <summary>What a command does with a set first; a set that makes no sense is a fault of its reader.</summary>
    private static void Use(ImageSet images)
    {
        using (images)
        using (var scope = NewDisposeScope())
        {
            Seen(images.Images);
            var (least, most) = (images.Labels.min().item<long>(), images.Labels.max().item<long>());
            if (images.Count == 0 || least < 0 || most >= images.Classes.Count)
                throw new InvalidOperationException($"{images.Count} images, labels {least} to {most} of {images.Classes.Count} classes");
        }
    }

    private static void Seen(Tensor numbers)
    {
        using var sum = numbers.sum();
        sum.item<long>();
    }
}
