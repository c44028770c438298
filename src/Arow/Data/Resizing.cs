using System.Collections.Concurrent;

namespace Arow.Data;

/// <summary>Photographs of any sizes, made into PNG images of one size in a new folder of the same form.</summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
public sealed record Resizing(int Width, int Height)
{
    private const int Told = 5;

    /// <summary>Told how many images are done, from whichever thread did it, one at a time.</summary>
    public Action<int, int>? Progressed { get; init; }

    /// <summary>What is laid behind transparent pixels; null to leave transparency out, so that they show the colour that they have.</summary>
    public Background? Background { get; init; }

    /// <summary>Told in the end of what was passed over or lost, a line each.</summary>
    public Action<string>? Warned { get; init; }

    /// <summary>Turns each image upright, cuts it around the middle and averages it to the size.</summary>
    /// <param name="source">A folder or an archive; PNG and JPEG images are taken, and nothing else.</param>
    /// <param name="output">The folder to make; it is there when all images are in it, or not at all.</param>
    /// <param name="stop">Asks to give up.</param>
    /// <returns>How many there are.</returns>
    /// <exception cref="InputException">There are no images, some are damaged (which are named), or the folder is taken.</exception>
    public int Run(string source, string output, CancellationToken stop = default)
    {
        if (!Path.Exists(source)) throw new InputException($"{source}: there is no such folder or archive");
        using var place = WholeFolder.Begin(output);
        if (Path.Exists(output)) throw new InputException($"{output}: is there already; choose another");
        using var files = FolderFiles.Open("resize", source);
        files.RequireSome();
        Write(files, place.Beside, stop);
        place.Finish();
        if (files.PassedOver.Pictures is { } others) Warned?.Invoke($"{files.PassedOver.PictureCount} images were passed over: {others}; only PNG and JPEG are read");
        if (files.PassedOver.BrokenLinks is { Count: > 0 } links) Warned?.Invoke($"{(links.Count == 1 ? "a link leads" : $"{links.Count} links lead")} to what is not there: {PassedOver.Shortened(links)}");
        if (files.PassedOver.EmptyFolders is { Count: > 0 } empty) Warned?.Invoke($"nothing is in {PassedOver.Shortened([.. empty.Select(folder => $"{folder}/")])}: not made");
        if (files.PassedOver.Others is { } rest) Warned?.Invoke($"passed over: {rest}");
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
        if (!animated.IsEmpty) Warned?.Invoke($"{animated.Count} of {names.Count} images ({animated.Min(StringComparer.Ordinal)}) {(animated.Count == 1 ? "is an animation" : "are animations")}, of which the first picture was taken");
        if (lost.IsEmpty) return;
        Warned?.Invoke($"{lost.Count} of {names.Count} images ({lost.Min(StringComparer.Ordinal)}) have all they show in their transparency, which is left out: "
            + "they became images of one colour; a background makes them visible: --background white");
    }

    private static InputException Refused(IReadOnlyList<(string Place, string? Why)> damaged)
    {
        // What is known of one says more than what may be true of all.
        if (damaged.FirstOrDefault(image => image.Why is not null) is { Why: { } why, Place: var place })
            return new InputException($"{place}: {why}{(damaged.Count > 1 ? $"; {PassedOver.Shortened([.. damaged.Select(image => image.Place).Where(other => other != place)], Told)} cannot be read either" : "")}; nothing was written");
        return new InputException($"{PassedOver.Shortened([.. damaged.Select(image => image.Place)], Told)}: damaged, a PNG of more than {LargePicture.MostPixels >> 20} million pixels, or neither PNG nor JPEG; nothing was written");
    }

    /// <summary>Where each goes: the same name with .png, or with .png after its own ending where that name has two.</summary>
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
