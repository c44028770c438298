using System.Collections.Concurrent;

namespace Arow.Data;

/// <summary>Converts photographs of any size into PNG images of one size, in a new folder of the same structure.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
public sealed record Resizing(int Width, int Height)
{
    private const int Told = 5;

    /// <summary>Called with the number of finished images and the total, from any worker thread, one call at a time.</summary>
    public Action<int, int>? Progressed { get; init; }

    /// <summary>Background of transparent pixels; null to drop transparency, so that they show their stored colour.</summary>
    public Background? Background { get; init; }

    /// <summary>Called at the end for each line on skipped or lost content.</summary>
    public Action<string>? Warned { get; init; }

    /// <summary>Rotates each image upright, crops its centre and averages it to the size.</summary>
    /// <param name="source">A folder or an archive; only PNG and JPEG images are converted.</param>
    /// <param name="output">The folder to create; it appears with all images or not at all.</param>
    /// <param name="stop">Cancels.</param>
    /// <returns>Number of images.</returns>
    /// <exception cref="InputException">There are no images, some are damaged (and named), or the folder exists.</exception>
    public int Run(string source, string output, CancellationToken stop = default)
    {
        if (!Path.Exists(source)) throw new InputException($"{source}: no such folder or archive");
        using var place = WholeFolder.Begin(output);
        if (Path.Exists(output)) throw new InputException($"{output}: already exists; choose another");
        using var files = FolderFiles.Open("resize", source);
        files.RequireSome();
        Write(files, place.Beside, stop);
        place.Finish();
        if (files.PassedOver.Pictures is { } others) Warned?.Invoke($"{files.PassedOver.PictureCount} images were skipped: {others}; only PNG and JPEG are read");
        if (files.PassedOver.BrokenLinks is { Count: > 0 } links) Warned?.Invoke($"{(links.Count == 1 ? "a link is" : $"{links.Count} links are")} broken: {PassedOver.Shortened(links)}");
        if (files.PassedOver.EmptyFolders is { Count: > 0 } empty) Warned?.Invoke($"no images in {PassedOver.Shortened([.. empty.Select(folder => $"{folder}/")])}: not created");
        if (files.PassedOver.Others is { } rest) Warned?.Invoke($"skipped: {rest}");
        return files.Files.Count;
    }

    private void Write(FolderFiles files, string folder, CancellationToken stop)
    {
        var names = Names(files.Files.Keys);
        foreach (var parent in names.Select(n => Path.GetDirectoryName(n.Name)).Distinct()) Directory.CreateDirectory(Path.Combine(folder, parent!));
        var (damaged, lost, animated) = (new ConcurrentBag<(string Place, string? Why)>(), new ConcurrentBag<string>(), new ConcurrentBag<string>());
        var (done, gate) = (0, new Lock());
        FewCores.ForEach(0, names.Count, i =>
        {
            var (path, name) = names[i];
            var encoded = files.Read(path);
            var (png, nothingShown) = Picture.Resized(encoded, Width, Height, Background);
            if (nothingShown) lost.Add(files.Place(path));
            if (Picture.Header(encoded) is { Animated: true }) animated.Add(files.Place(path));
            if (png is null) damaged.Add((files.Place(path), Picture.WhyNot(encoded)));
            else File.WriteAllBytes(Path.Combine(folder, name), png);
            lock (gate) Progressed?.Invoke(++done, names.Count);
        }, stop);
        if (!damaged.IsEmpty) throw Refused([.. damaged.OrderBy(image => image.Place, StringComparer.Ordinal)]);
        if (!animated.IsEmpty) Warned?.Invoke($"{animated.Count} of {names.Count} images ({animated.Min(StringComparer.Ordinal)}) {(animated.Count == 1 ? "is an animation" : "are animations")}, of which only the first picture was used");
        if (lost.IsEmpty) return;
        Warned?.Invoke($"{lost.Count} of {names.Count} images ({lost.Min(StringComparer.Ordinal)}) have content only in transparency, which is ignored: "
            + "they became images of one colour; --background white makes it visible");
    }

    private static InputException Refused(IReadOnlyList<(string Place, string? Why)> damaged)
    {
        // A known cause for one image says more than a list of possible causes for all.
        if (damaged.FirstOrDefault(image => image.Why is not null) is { Why: { } why, Place: var place })
            return new InputException($"{place}: {why}{(damaged.Count > 1 ? $"; {PassedOver.Shortened([.. damaged.Select(image => image.Place).Where(other => other != place)], Told)} cannot be read either" : "")}; nothing was written");
        return new InputException($"{PassedOver.Shortened([.. damaged.Select(image => image.Place)], Told)}: damaged, a PNG of more than {LargePicture.MostPixels >> 20} million pixels, or neither PNG nor JPEG; nothing was written");
    }

    /// <summary>Names the results: the same name with .png, or with .png appended to the full name if two would collide.</summary>
    private static List<(string Path, string Name)> Names(IEnumerable<string> paths) =>
    [
        .. paths
            .GroupBy(path => Path.ChangeExtension(path, ".png"))
            .SelectMany(named => named.Count() == 1 ? [(Path: named.First(), Name: named.Key)] : named.Select(path => (Path: path, Name: $"{path}.png")))
            .GroupBy(image => image.Name)
            .Select(named => named.Count() == 1 ? named.Single()
                : throw new InputException($"{string.Join(" and ", named.Select(n => n.Path))} would both become {named.Key}")),
    ];
}
