using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Arow.IO;

namespace Arow.Data;

/// <summary>Writes the images of a folder into one file, from which training reads them without decoding: see <see cref="ImagePack"/>.</summary>
internal sealed record ImagePacker
{
    private const int TestPercent = 20, BlockBytes = 1 << 26, MaxNames = 5;

    /// <summary>Size that images are brought to, as <c>arow data resize</c> does; null for images of one size, as they are.</summary>
    public ImageSize? Size { get; init; }

    /// <summary>Folder that keeps the resized images, as in <see cref="ImageFolder.CacheFolder"/>.</summary>
    public string? CacheFolder { get; init; } = ResizedPictures.DefaultFolder;

    /// <summary>Whether damaged images are left out and named; otherwise nothing is written.</summary>
    public bool SkipDamaged { get; init; }

    /// <summary>Called with the number of finished images and the total.</summary>
    public Action<int, int>? OnProgress { get; init; }

    /// <summary>Called at the end for each line on what was assumed or left out.</summary>
    public Action<string>? OnWarning { get; init; }

    /// <summary>Packs the images.</summary>
    /// <param name="source">A folder of class folders or an archive of it, as training reads it.</param>
    /// <param name="output">The file to create; it appears complete or not at all.</param>
    /// <param name="cancellation">Cancels.</param>
    /// <returns>The description of the images.</returns>
    /// <exception cref="InputException">There are no images, or some are damaged or differ in size.</exception>
    public ImagePackFooter Run(string source, string output, CancellationToken cancellation = default)
    {
        if (!Path.Exists(source)) throw new InputException($"{source}: no such folder or archive");
        if (Path.Exists(output)) throw new InputException($"{output}: already exists; choose another");
        using var opened = FolderFiles.Open("folder", source);
        opened.RequireImages();
        var files = Size is null ? opened : opened.AsResized();
        var layout = FolderLayout.FromPaths(files.Root, [.. files.Files.Keys], TestPercent, seed: 0);
        files.Skipped.RequireNoEmptiedClass(files.Root, layout.All.Select(image => image.ClassFolder).ToHashSet());
        string[] remarks =
        [
            .. files.Remarks, .. layout.Remark is { } assumed ? (string[])[assumed] : [], .. layout.Ambiguities,
            .. files.Skipped.Pictures is { } others ? (string[])[$"{files.Skipped.PictureCount} images were skipped: {others}"] : [],
        ];
        ImagePackFooter? footer = null;
        AtomicFile.Write(output, file => footer = new Writer(this, files, layout, file, cancellation).Write(remarks));
        foreach (var remark in footer!.Remarks) OnWarning?.Invoke(remark);
        return footer;
    }

    /// <summary>Writes one file.</summary>
    private sealed class Writer(ImagePacker packer, FolderFiles files, FolderLayout layout, FileStream file, CancellationToken cancellation)
    {
        private readonly FolderImage[] images = [.. layout.All];
        private readonly ConcurrentDictionary<int, string> damaged = [];
        private readonly ResizedPictures? resized = packer.Size is { } size ? new ResizedPictures(size, packer.CacheFolder) : null;
        private int width, height, coloured;

        public ImagePackFooter Write(string[] remarks)
        {
            FindSize();
            file.Write(new byte[ImagePack.HeadBytes]);
            WritePixels();
            resized?.TellUse();
            // Where they are kept is no property of the images.
            if (resized is not null) packer.OnWarning?.Invoke($"{resized}");
            var channels = coloured > 0 ? 3 : 1;
            if (channels == 1) DropPlanes();
            int[] kept = [.. Enumerable.Range(0, images.Length).Where(i => !damaged.ContainsKey(i))];
            RequireClasses(kept);
            var numbers = layout.Classes.Index().ToDictionary(c => c.Item, c => c.Index);
            file.Write(MemoryMarshal.AsBytes(kept.Select(i => numbers[images[i].Class]).ToArray().AsSpan()));
            var namesAt = file.Position;
            foreach (var i in kept) file.Write(Encoding.UTF8.GetBytes($"{files.OriginalName(images[i].Path)}\0"));
            var (train, validation) = (layout.Train.Length, layout.Validation.Length);
            var footer = new ImagePackFooter(channels, height, width, kept.Count(i => i < train),
                kept.Count(i => i >= train && i < train + validation), kept.Count(i => i >= train + validation), layout.IsUndivided, layout.Classes,
                file.Position - namesAt)
            {
                IsResized = resized is not null,
                Remarks = damaged.IsEmpty ? remarks
                    : [.. remarks, $"{(damaged.Count == 1 ? "1 damaged image is" : $"{damaged.Count} damaged images are")} left out: {NameDamaged()}"],
            };
            var text = JsonSerializer.SerializeToUtf8Bytes(footer, ImagePackJson.Default.ImagePackFooter);
            file.Write(text);
            ImagePack.WriteHead(file, text.Length);
            return footer;
        }

        /// <summary>The size of all images is that of the first one that can be read.</summary>
        private void FindSize()
        {
            if (packer.Size is { } size)
            {
                (width, height) = (size.Width, size.Height);
                return;
            }
            foreach (var image in images)
            {
                if (PictureCodec.ReadHeader(files.Read(image.Path)) is not { } header) continue;
                (width, height) = (header.Width, header.Height);
                if (Math.Max(width, height) > ImageSize.Maximum) throw new InputException(
                    $"{files.Locate(image.Path)}: is {width}x{height}; at most {ImageSize.Maximum} pixels a side are packed");
                return;
            }
            throw new InputException($"{files.Locate(images[0].Path)}: {PictureCodec.Unknown}");
        }

        private void WritePixels()
        {
            var size = 3 * width * height;
            var block = Math.Clamp(BlockBytes / size, 1, 8192);
            var pixels = new byte[block * size];
            var gate = new Lock();
            var done = 0;
            for (var first = 0; first < images.Length; first += block)
            {
                var count = Math.Min(block, images.Length - first);
                BoundedParallel.ForEach(0, count, i =>
                {
                    if (Decode(first + i, pixels.AsSpan(i * size, size)) is { } fault) damaged[first + i] = fault;
                    // Not by blocks, of which there may be one.
                    lock (gate) packer.OnProgress?.Invoke(++done, images.Length);
                }, cancellation);
                if (!damaged.IsEmpty && !packer.SkipDamaged)
                    throw new InputException($"{NameDamaged()}; nothing was written; {Wording.Current.Setting("skip-damaged")} leaves out damaged images");
                for (var i = 0; i < count; i++)
                {
                    if (!damaged.ContainsKey(first + i)) file.Write(pixels, i * size, size);
                }
            }
            // A stop after the last image: nothing is written.
            cancellation.ThrowIfCancellationRequested();
        }

        /// <summary>Decodes an image into three planes; returns why it cannot be.</summary>
        private string? Decode(int number, Span<byte> planes)
        {
            var path = images[number].Path;
            var encoded = files.Read(path);
            if (resized is not null)
            {
                if (resized.Resize(encoded) is not { } png) return PictureCodec.DescribeFailure(encoded);
                encoded = png;
            }
            if (PictureCodec.ReadHeader(encoded) is not { } header) return PictureCodec.DescribeUnsupported(encoded) ?? PictureCodec.Unknown;
            if ((header.Width, header.Height) != (width, height))
                throw new InputException($"{files.Locate(path)}: is {header.Width}x{header.Height}, but the first image is {width}x{height}; "
                    + $"all images must have the same size; {Wording.Current.ResizeImages}");
            var area = width * height;
            var content = PictureCodec.Decode(encoded, header.Grey ? planes[..area] : planes);
            if (!content.Succeeded) return "is damaged or truncated";
            if (content.Coloured) Interlocked.Exchange(ref coloured, 1);
            if (!header.Grey) return null;
            planes[..area].CopyTo(planes[area..]);
            planes[..area].CopyTo(planes[(2 * area)..]);
            return null;
        }

        /// <summary>Keeps one plane of each image, as none has colour.</summary>
        private void DropPlanes()
        {
            var (area, count) = (width * height, images.Length - damaged.Count);
            var plane = new byte[area];
            for (var i = 1L; i < count; i++)
            {
                file.Position = ImagePack.HeadBytes + 3 * i * area;
                file.ReadExactly(plane);
                file.Position = ImagePack.HeadBytes + i * area;
                file.Write(plane);
            }
            file.SetLength(ImagePack.HeadBytes + (long)count * area);
            file.Position = file.Length;
        }

        private void RequireClasses(int[] kept)
        {
            var train = layout.Train.Length;
            if (images.Index().Where(image => image.Index < train).Select(image => image.Item.Class)
                .Except(kept.Where(i => i < train).Select(i => images[i].Class)).FirstOrDefault() is { } emptied)
                throw new InputException($"{files.Root}: all images of {emptied}/ are damaged; nothing was written");
        }

        private string NameDamaged()
        {
            var named = damaged.OrderBy(image => image.Key).ToList();
            return $"{files.Locate(images[named[0].Key].Path)} {named[0].Value}"
                + (named.Count == 1 ? "" : $"; {named.Count - 1} more: {SkippedFiles.JoinFirst([.. named.Skip(1).Select(n => images[n.Key].Path)], MaxNames)}");
        }
    }
}
