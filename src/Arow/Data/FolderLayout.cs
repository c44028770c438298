namespace Arow.Data;

/// <summary>An image of a folder of classes.</summary>
/// <param name="Class">Its class folder.</param>
/// <param name="Place">Its path below the class folder, with /.</param>
/// <param name="Path">Its path below the given folder or in the archive, with /.</param>
internal sealed record FolderImage(string Class, string Place, string Path);

/// <summary>Who is what in a folder of class folders, with or without train/ and test/ above them.</summary>
internal static class FolderLayout
{
    /// <summary>The images of both halves, each in the order of class, then of path: ordinal, the same on every system.</summary>
    /// <param name="root">The folder or archive, for messages.</param>
    /// <param name="paths">Paths of the images below it, with /.</param>
    /// <param name="testPercent">How many of each class are drawn for the test half where there is no test/.</param>
    /// <param name="seed">Seed of that draw.</param>
    public static (FolderImage[] Train, FolderImage[] Test, string[] Classes) Of(
        string root, IReadOnlyCollection<string> paths, int testPercent, long seed)
    {
        if (paths.Count == 0) throw new InputException($"{root}: has no PNG or JPEG images");
        var depth = 0;
        while (!HasHalves(paths, depth) && OneAbove(paths, depth)) depth++;
        if (!HasHalves(paths, depth)) return Drawn(Sorted(root, paths, depth), testPercent, seed);

        var halves = paths.ToLookup(path => Part(path, depth) switch { "train" => Split.Train, "test" => Split.Test, _ => (Split?)null });
        if (halves[null].FirstOrDefault() is { } stray)
            throw new InputException($"{root}: {stray} lies beside train/ and test/, in neither");
        var (train, test) = (Sorted(root, halves[Split.Train], depth + 1), Sorted(root, halves[Split.Test], depth + 1));
        var classes = Classes(train);
        if (test.FirstOrDefault(image => !classes.Contains(image.Class)) is { } foreign)
            throw new InputException($"{root}: {foreign.Path} is of a class that train/ has no folder for");
        return (train, test, classes);
    }

    private static string? Part(string path, int depth) =>
        path.Split('/') is var parts && parts.Length > depth + 1 ? parts[depth] : null;

    private static bool HasHalves(IReadOnlyCollection<string> paths, int depth) =>
        ((string[])["train", "test"]).All(half => paths.Any(path => Part(path, depth) == half && Part(path, depth + 1) is not null));

    private static bool OneAbove(IReadOnlyCollection<string> paths, int depth) =>
        paths.All(path => Part(path, depth + 1) is not null) && paths.Select(path => Part(path, depth)).Distinct().Count() == 1;

    private static FolderImage[] Sorted(string root, IEnumerable<string> paths, int depth) =>
    [
        .. paths
            .Select(path => new FolderImage(
                Part(path, depth) ?? throw new InputException($"{root}: {path} lies in no class folder"),
                string.Join('/', path.Split('/').Skip(depth + 1)), path))
            .OrderBy(image => image.Class, StringComparer.Ordinal).ThenBy(image => image.Place, StringComparer.Ordinal),
    ];

    private static string[] Classes(IEnumerable<FolderImage> images) => [.. images.Select(image => image.Class).Distinct()];

    private static (FolderImage[], FolderImage[], string[]) Drawn(FolderImage[] images, int testPercent, long seed)
    {
        // The lowest hashes of each class: a new image moves few others from one half to the other.
        var test = images.GroupBy(image => image.Class)
            .SelectMany(group => group.OrderBy(image => Hash(image, seed)).Take(group.Count() * testPercent / 100))
            .ToHashSet();
        return ([.. images.Where(image => !test.Contains(image))], [.. images.Where(test.Contains)], Classes(images));
    }

    private static long Hash(FolderImage image, long seed) => $"{image.Class}/{image.Place}".Aggregate(
        KeyedNoise.Mix(seed), (hash, letter) => KeyedNoise.Mix(unchecked(hash + letter)));
}
