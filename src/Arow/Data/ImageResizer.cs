using System.Collections.Concurrent;
using Arow.IO;

namespace Arow.Data;

/// <summary>Converts photographs of any size into PNG images of one size, in a new folder of the same structure.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
internal sealed record ImageResizer(int Width, int Height)
{
    private const int MaxNames = 5;

    /// <summary>Called with the number of finished images and the total, from any worker thread, one call at a time.</summary>
    public Action<int, int>? OnProgress { get; init; }

    /// <summary>Background of transparent pixels; null to drop transparency, so that they show their stored colour.</summary>
    public Background? Background { get; init; }

    /// <summary>Whether damaged images are left out and named; otherwise nothing is written.</summary>
    public bool SkipDamaged { get; init; }

    /// <summary>Called at the end for each line on skipped or lost content.</summary>
    public Action<string>? OnWarning { get; init; }

    /// <summary>Rotates each image upright, crops its centre and averages it to the size.</summary>
    /// <param name="source">A folder or an archive; images in other formats are counted.</param>
    /// <param name="output">The folder to create; it appears with all images or not at all.</param>
    /// <param name="cancellation">Cancels.</param>
    /// <returns>Number of images.</returns>
    /// <exception cref="InputException">There are no images, some are damaged (and named), or the folder exists.</exception>
    public int Run(string source, string output, CancellationToken cancellation = default)
    {
        if (!Path.Exists(source)) throw new InputException($"{source}: no such folder or archive");
        using var place = AtomicFolder.Begin(output);
        if (Path.Exists(output)) throw new InputException($"{output}: already exists; choose another");
        using var files = FolderFiles.Open("resize", source);
        files.RequireImages();
        files.Skipped.RequireNoEmptiedClass(
            source, [.. files.Files.Keys.Select(Path.GetDirectoryName).OfType<string>().Where(f => f.Length > 0).Distinct()]);
        var written = Write(files, place.TemporaryPath, cancellation);
        place.Commit();
        if (files.Skipped.Pictures is { } others) OnWarning?.Invoke(
            $"{files.Skipped.PictureCount} images were skipped: {others}; only {PictureCodec.Formats} are read: convert them, {PictureCodec.Conversion}");
        if (files.Skipped.BrokenLinks is { Count: > 0 } links) OnWarning?.Invoke(
            $"{(links.Count == 1 ? "a link is" : $"{links.Count} links are")} broken: {SkippedFiles.JoinFirst(links)}");
        if (files.Skipped.EmptyFolders is { Count: > 0 } empty) OnWarning?.Invoke(
            $"no images in {SkippedFiles.JoinFirst([.. empty.Select(folder => $"{folder}/")])}: not created");
        if (files.Skipped.Others is { } rest) OnWarning?.Invoke($"skipped: {rest}");
        return written;
    }

    private int Write(FolderFiles files, string folder, CancellationToken cancellation)
    {
        var names = OutputNames(files.Files.Keys);
        foreach (var parent in names.Select(n => Path.GetDirectoryName(n.Name)).Distinct()) Directory.CreateDirectory(Path.Combine(folder, parent!));
        var (damaged, lost, animated) = (new ConcurrentBag<(string Place, string Why)>(), new ConcurrentBag<string>(), new ConcurrentBag<string>());
        var (done, gate) = (0, new Lock());
        BoundedParallel.ForEach(0, names.Count, i =>
        {
            var (path, name) = names[i];
            var encoded = files.Read(path);
            var (png, nothingShown) = PictureCodec.Resize(encoded, Width, Height, Background);
            if (nothingShown) lost.Add(files.Locate(path));
            if (PictureCodec.ReadHeader(encoded) is { Animated: true }) animated.Add(files.Locate(path));
            if (png is null) damaged.Add((files.Locate(path), PictureCodec.DescribeFailure(encoded)));
            else File.WriteAllBytes(Path.Combine(folder, name), png);
            lock (gate) OnProgress?.Invoke(++done, names.Count);
        }, cancellation);
        if (!damaged.IsEmpty)
        {
            var named = damaged.OrderBy(image => image.Place, StringComparer.Ordinal).ToList();
            if (!SkipDamaged || named.Count == names.Count) throw DamagedException(named);
            if (names.GroupBy(n => Path.GetDirectoryName(n.Path))
                .FirstOrDefault(f => f.All(n => !File.Exists(Path.Combine(folder, n.Name)))) is { } lostFolder)
                throw new InputException($"all images of {lostFolder.Key}/ are damaged ({named[0].Place} {named[0].Why}); nothing was written");
            OnWarning?.Invoke($"{(named.Count == 1 ? "1 damaged image is" : $"{named.Count} damaged images are")} left out: {named[0].Place} {named[0].Why}"
                + (named.Count == 1 ? "" : $"; {SkippedFiles.JoinFirst([.. named.Skip(1).Select(image => image.Place)], MaxNames)}"));
        }
        if (!animated.IsEmpty) OnWarning?.Invoke(
            $"{animated.Count} of {names.Count} images ({animated.Min(StringComparer.Ordinal)}) "
                + $"{(animated.Count == 1 ? "holds several pictures (an animation, or pages)" : "hold several pictures (animations, or pages)")}, "
                + "of which only the first was used");
        var written = names.Count - damaged.Count;
        if (lost.IsEmpty) return written;
        OnWarning?.Invoke($"{lost.Count} of {names.Count} images ({lost.Min(StringComparer.Ordinal)}) have content only in transparency, which is ignored: "
            + $"they became images of one colour; {Wording.Current.Setting("background", "white")} makes it visible");
        return written;
    }

    private static InputException DamagedException(IReadOnlyList<(string Place, string Why)> damaged) =>
        new($"{damaged[0].Place}: {damaged[0].Why}{(damaged.Count == 1 ? "" : $"; {damaged.Count - 1} more cannot be read: {SkippedFiles.JoinFirst([.. damaged.Skip(1).Select(image => image.Place)], MaxNames)}")}; nothing was written; "
            + $"{Wording.Current.Setting("skip-damaged")} leaves out damaged images");

    /// <summary>Names the results: the same name with .png, or with .png appended to the full name if two would collide.</summary>
    internal static List<(string Path, string Name)> OutputNames(IEnumerable<string> paths) =>
    [
        .. paths
            .GroupBy(path => Path.ChangeExtension(path, ".png"))
            .SelectMany(named => named.Count() == 1 ? [(Path: named.First(), Name: named.Key)]
                : named.Select(path => (Path: path, Name: $"{path}.png")))
            .GroupBy(image => image.Name)
            .Select(named => named.Count() == 1 ? named.Single()
                : throw new InputException($"{string.Join(" and ", named.Select(n => n.Path))} would both become {named.Key}")),
    ];
}
