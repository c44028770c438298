using System.Globalization;
using Arow.Classes;

namespace Arow.Data;

/// <summary>An image in a folder of classes.</summary>
/// <param name="Class">Its class folder.</param>
/// <param name="RelativePath">Its path below the class folder, with /.</param>
/// <param name="Path">Its path below the given folder or in the archive, with /.</param>
internal sealed record FolderImage(string Class, string RelativePath, string Path)
{
    /// <summary>Path of the class folder.</summary>
    public string ClassFolder => Path[..Math.Max(0, Path.Length - RelativePath.Length - 1)];
}

/// <summary>
/// The training, validation and test images of a folder of class folders: given by split folders above or below the class folders, or
/// drawn at random if there are none.
/// </summary>
/// <param name="Train">
/// Training images, ordered by class and then by path (ordinal, the same on every system). The other splits have the same order.
/// </param>
/// <param name="Validation">Images that select the weights; empty if there are only two splits.</param>
/// <param name="Test">Test images.</param>
/// <param name="Classes">The class folders.</param>
/// <param name="Remark">What was assumed, in one line; null if nothing was.</param>
/// <param name="Ambiguities">Folder names that may be misinterpreted, one line each.</param>
internal sealed record FolderLayout(
    FolderImage[] Train, FolderImage[] Validation, FolderImage[] Test, string[] Classes, string? Remark, IReadOnlyList<string> Ambiguities)
{
    private const int MaxNames = 5;
    private const string NoTestFolder = "there is no test folder";

    /// <summary>Whether the test images were drawn, as no folder names them and none is called train/.</summary>
    public bool IsUndivided { get; private init; }

    /// <summary>All images.</summary>
    public IEnumerable<FolderImage> All => Train.Concat(Validation).Concat(Test);

    /// <summary>Determines the layout from the paths.</summary>
    /// <param name="root">The folder or archive, for messages.</param>
    /// <param name="paths">Paths of the images below it, with /.</param>
    /// <param name="testPercent">Percentage of each class that is drawn for testing if there is no test folder.</param>
    /// <param name="seed">Seed of that draw.</param>
    /// <param name="whole">Whether all images of a folder without splits are test images.</param>
    /// <exception cref="InputException">Split and class folders are ambiguous, or a class occurs in one split only.</exception>
    public static FolderLayout FromPaths(string root, IReadOnlyCollection<string> paths, int testPercent, long seed,
        bool whole = false)
    {
        if (paths.Count == 0) throw new InputException($"{root}: has no images ({PictureCodec.Formats} are read)");
        var images = paths.Select(path => new ImagePath(path, path.Split('/'))).ToList();
        var reason = NoTestFolder;
        for (var depth = 0; ; depth++)
        {
            var tops = FoldersAt(images, depth);
            if (FindSplits(root, images, tops, depth) is { } splits) return FromSplits(root, splits, depth + 1);
            if (FindSplitsWithinClasses(images, tops, depth) is { } within) return FromSplits(root, within, depth, classesAbove: true);
            if (tops is [{ Name: { } only, IsDeep: true }] && images.All(image => image.Folder(depth + 1) is not null))
            {
                if (FindSingleSplit(root, images, only, depth) is { } alone) return alone;
                if (SplitName.Parse(only) is { Rest: "", Role: SplitRole.Train }) reason = $"there is {only}/ and no test folder";
                continue;
            }
            var similar = DescribeUnnamedSplits(root, images, tops, depth);
            return DrawTestSplit(root, SortByClass(root, images, depth), testPercent, seed, whole, reason,
                similar is null ? DescribeSplitNames(root, images, tops, depth) : [similar]);
        }
    }

    /// <summary>An image path and its components.</summary>
    private sealed record ImagePath(string Path, string[] Parts)
    {
        /// <summary>Returns the folder at a depth that contains the image; null if there is none.</summary>
        public string? Folder(int depth) => Parts.Length > depth + 1 ? Parts[depth] : null;
    }

    /// <summary>A folder at a depth; the name is null for images that are in no folder at that depth.</summary>
    private sealed record FolderAtDepth(string? Name, bool IsDeep)
    {
        public SplitName? Split { get; } = Name is null ? null : SplitName.Parse(Name);
    }

    private static List<FolderAtDepth> FoldersAt(IEnumerable<ImagePath> images, int depth) =>
        [.. images.GroupBy(image => image.Folder(depth)).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new FolderAtDepth(g.Key, g.Any(image => image.Folder(depth + 1) is not null)))];

    /// <summary>Groups the images by split if there are split folders at a depth; otherwise null.</summary>
    private static List<(SplitRole Role, string Name, List<ImagePath> Images)>? FindSplits(string root, List<ImagePath> images,
        List<FolderAtDepth> tops, int depth)
    {
        var group = tops.Where(top => top.Split is not null).GroupBy(top => top.Split!.Rest)
            .MaxBy(g => g.Select(top => top.Split!.Role).Distinct().Count())?.OrderBy(top => top.Split!.Role).ToList();
        if (group is null || group.Count < 2)
        {
            // The remainders of train/ and final_test/ differ, but with the same classes in both they are two splits.
            if (tops.Count < 2 || tops.Any(top => top.Split is null) || tops.DistinctBy(top => top.Split!.Role).Count() < tops.Count
                || CommonSubfolders(images, tops, depth).Count < 2) return null;
            group = [.. tops.OrderBy(top => top.Split!.Role)];
        }
        if (!group.Any(top => top.IsDeep))
        {
            if (tops.Count > group.Count || group.DistinctBy(top => top.Split!.Role).Count() < group.Count) return null;
            throw NoClassFolderException(root, FirstByPath(images, image => image.Folder(depth) == group[0].Name)!, group[0].Name!);
        }
        if (group.GroupBy(top => top.Split!.Role).FirstOrDefault(g => g.Count() > 1) is { } same)
            throw new InputException(
                $"{root}: {JoinFolders(same.Select(top => top.Name!))} both look like images for {DescribeRole(same.Key)}; keep one of them");
        if (FirstByPath(images, image => group.All(top => top.Name != image.Folder(depth))) is { } stray)
            throw new InputException(
                $"{root}: {stray.Path} lies beside {JoinFolders(group.Select(top => top.Name!))}, in "
                    + $"{(group.Count == 2 ? "neither" : "none of them")}");
        return [.. group.Select(top => (top.Split!.Role, top.Name!, images.Where(image => image.Folder(depth) == top.Name).ToList()))];
    }

    /// <summary>Returns the folders that occur in every folder at a depth; empty if images are directly in one.</summary>
    private static List<string> CommonSubfolders(List<ImagePath> images, List<FolderAtDepth> tops, int depth) =>
        images.Any(image => image.Folder(depth + 1) is null) ? []
        : [.. tops.Select(top => images.Where(image => image.Folder(depth) == top.Name).Select(image => image.Folder(depth + 1)!))
            .Aggregate((all, some) => all.Intersect(some)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Returns a doubt if all folders contain the same subfolders, like splits with other names; otherwise null.</summary>
    /// <exception cref="InputException">One of the folders has a split in its name.</exception>
    private static string? DescribeUnnamedSplits(string root, List<ImagePath> images, List<FolderAtDepth> tops, int depth)
    {
        if (tops.Count < 2 || CommonSubfolders(images, tops, depth) is not { Count: > 1 } same) return null;
        var what = $"{SkippedFiles.JoinFirst([.. tops.Select(top => $"{top.Name}/")], MaxNames)} all contain the folders "
            + $"{SkippedFiles.JoinFirst(same, MaxNames)}";
        return tops.All(top => !SplitName.Mentions(top.Name!)) ? $"{what} and are treated as classes; splits must be named train/, val/ and test/"
            : throw new InputException(
                $"{root}: {what}, so they look like splits, not classes; name them train/, val/ and test/, one of each, and move others away");
    }

    /// <summary>The same for class folders that have split folders of their own: <c>cat/train/…</c>, <c>cat/test/…</c>.</summary>
    private static List<(SplitRole Role, string Name, List<ImagePath> Images)>? FindSplitsWithinClasses(List<ImagePath> images,
        List<FolderAtDepth> tops, int depth)
    {
        if (tops.Count < 2 || images.Any(image => image.Folder(depth + 1) is null)) return null;
        var below = FoldersAt(images, depth + 1);
        return below.Count < 2 || below.Any(top => top.Split is not { Rest: "" }) || below.DistinctBy(top => top.Split!.Role).Count() < below.Count
            ? null
            : [.. below.Select(top => (top.Split!.Role, top.Name!, images.Where(image => image.Folder(depth + 1) == top.Name).ToList()))];
    }

    private static FolderLayout FromSplits(string root, List<(SplitRole Role, string Name, List<ImagePath> Images)> splits, int depth,
        bool classesAbove = false)
    {
        var found = splits.ToDictionary(s => s.Role, s =>
            (s.Name, Images: SortByClass(root, s.Images, classesAbove ? depth : Descend(s.Images, depth), s.Name)));
        FolderImage[] ImagesFor(SplitRole role) => found.TryGetValue(role, out var split) ? split.Images : [];
        string FolderFor(SplitRole role) => found[role].Name;

        foreach (var (name, split) in found.Values)
        {
            // Exports for object detection, and splits with their labels in a table.
            if (split.Select(image => image.Class).Distinct().ToList() is [var only] && SplitName.IsNeutral(only)
                && split.All(image => !image.RelativePath.Contains('/')))
                throw new InputException(
                    $"{root}: {split[0].Path} lies directly in {only}/, not in a class folder; put the images of {name}/ into one folder for each "
                        + "class");
        }

        // With two splits the second one is the test split, whatever its name.
        var testRole = found.ContainsKey(SplitRole.Test) ? SplitRole.Test : SplitRole.Validation;
        var (train, validation, test) =
            (ImagesFor(SplitRole.Train), testRole == SplitRole.Test ? ImagesFor(SplitRole.Validation) : [], ImagesFor(testRole));
        var remark = train.Length == 0 ? $"{FolderFor(testRole)}/ contains the test images; there are no training images"
            : validation.Length > 0 ? $"{FolderFor(SplitRole.Validation)}/ selects the weights, {FolderFor(SplitRole.Test)}/ is for testing"
            : splits.DistinctBy(s => SplitName.Parse(s.Name)!.Rest).Count() > 1
                ? $"{FolderFor(SplitRole.Train)}/ is for training, {FolderFor(testRole)}/ for testing"
            : testRole == SplitRole.Validation
                ? $"{FolderFor(testRole)}/ contains the test images, as there is no test/; the weights are selected on a part of {FolderFor(SplitRole.Train)}/"
            : null;
        var classes = GetClasses(train.Length > 0 ? train : [.. validation, .. test]);
        if (train.Length > 0 && validation.Concat(test).FirstOrDefault(image => !classes.Contains(image.Class)) is { } unknown)
        {
            var similar = classes.FirstOrDefault(c => IsSimilar(c, unknown.Class));
            throw new InputException(
                $"{root}: {unknown.Path} belongs to a class without a folder in "
                    + $"{FolderFor(SplitRole.Train)}/{(similar is null ? "" : $"; {similar}/ differs from it in case, in separators between words, or in the Unicode form of its letters")}");
        }
        return new FolderLayout(train, validation, test, classes, remark,
            [.. DescribeNestedFolders([.. train, .. validation, .. test]), .. DescribeOddClasses(classes)]);
    }

    /// <summary>Skips single folders below split folders: <c>seg_train/seg_train/cat</c>, <c>train/images/cat</c>.</summary>
    private static int Descend(List<ImagePath> images, int depth)
    {
        while (FoldersAt(images, depth) is [{ Name: { } only }] && images.All(image => image.Folder(depth + 1) is not null)
            && (SplitName.Parse(only) is not null || SplitName.IsNeutral(only)))
        {
            depth++;
        }
        return depth;
    }

    /// <summary>Returns the layout of a single test/ or val/ folder; null for other folders and if it contains split folders.</summary>
    private static FolderLayout? FindSingleSplit(string root, List<ImagePath> images, string only, int depth)
    {
        if (SplitName.Parse(only) is not { Rest: "" } name || name.Role == SplitRole.Train
            || FindSplits(root, images, FoldersAt(images, depth + 1), depth + 1) is not null) return null;
        return FromSplits(root, [(name.Role, only, images)], depth + 1);
    }

    /// <summary>Reports split names among class folders.</summary>
    private static List<string> DescribeSplitNames(string root, List<ImagePath> images, List<FolderAtDepth> tops, int depth)
    {
        var named = tops.Where(top => top.Split is { Rest: "" }).ToList();
        if (named.Count == 0) return [];
        var classes = tops.Where(top => top.Name is not null).Select(top => top.Name!).ToList();
        if (tops is [{ Name: { } only }]) throw NoClassFolderException(root, FirstByPath(images, _ => true)!, only);
        foreach (var top in named.Where(top => top.IsDeep))
        {
            var below = FoldersAt([.. images.Where(image => image.Folder(depth) == top.Name)], depth + 1).Select(t => t.Name);
            if (classes.FirstOrDefault(c => below.Contains(c)) is { } twice)
                throw new InputException(
                    $"{root}: {twice}/ is both beside {top.Name}/ and inside it; move the class folders beside it into train/ or test/");
        }
        var ordinary = classes.Except(named.Select(top => top.Name!)).ToList();
        return
        [
            $"{SkippedFiles.JoinFirst([.. named.Select(top => $"'{top.Name}'")])} {(named.Count == 1 ? "is treated as a class" : "are treated as classes")}"
            + (ordinary.Count == 0 ? "" : $", like {SkippedFiles.JoinFirst(ordinary, MaxNames)} beside it"),
        ];
    }

    /// <summary>Returns the first match by path, independent of the order of the file system.</summary>
    private static ImagePath? FirstByPath(IEnumerable<ImagePath> images, Func<ImagePath, bool> predicate) =>
        images.Where(predicate).MinBy(image => image.Path, StringComparer.Ordinal);

    private static InputException NoClassFolderException(string root, ImagePath image, string folder) =>
        new($"{root}: {image.Path} lies directly in {folder}/, not in a class folder; put images into one folder for each class, such as "
            + $"{folder}/cat/{image.Parts[^1]}");

    /// <summary>Sorts the images of a split by class.</summary>
    /// <param name="root">For messages.</param>
    /// <param name="images">Images of the split.</param>
    /// <param name="depth">Depth of the class folders.</param>
    /// <param name="split">Folder of the split, for messages; null if there is none.</param>
    private static FolderImage[] SortByClass(string root, IReadOnlyCollection<ImagePath> images, int depth, string? split = null)
    {
        if (FirstByPath(images, image => image.Folder(depth) is null) is { } stray)
            throw split is null ? new InputException($"{root}: {stray.Path} is not in a class folder; put images into one folder for each class")
                : NoClassFolderException(root, stray, split);
        return
        [
            .. images.Select(image => new FolderImage(image.Folder(depth)!, string.Join('/', image.Parts.Skip(depth + 1)), image.Path))
                .OrderBy(image => image.Class, StringComparer.Ordinal).ThenBy(image => image.RelativePath, StringComparer.Ordinal),
        ];
    }

    private static string[] GetClasses(IEnumerable<FolderImage> images) =>
        [.. images.Select(image => image.Class).Distinct().Order(StringComparer.Ordinal)];

    private static FolderLayout DrawTestSplit(string root, FolderImage[] images, int testPercent, long seed, bool whole, string reason,
        IReadOnlyList<string> ambiguities)
    {
        var isUndivided = reason == NoTestFolder;
        if (whole && isUndivided) testPercent = 100;
        // The lowest hashes of each class: a new image moves few others between the splits.
        var test = images.GroupBy(image => image.Class)
            .SelectMany(group => group.OrderBy(image => Hash(image, seed)).Take(group.Count() * testPercent / 100))
            .ToHashSet();
        var classes = GetClasses(images);
        if (classes is [var only] && SplitName.IsNeutral(only) && images.All(image => !image.RelativePath.Contains('/')))
            throw new InputException(
                $"{root}: {images[0].Path} lies directly in {only}/, not in a class folder; put the images into one folder for each class");
        ambiguities = [.. ambiguities, .. DescribeNestedFolders(images), .. DescribeOddClasses(classes)];
        if (test.Count == 0) ambiguities = [.. ambiguities, "too few images of each class to set some aside for testing"];
        return new FolderLayout(
            [.. images.Where(image => !test.Contains(image))], [], [.. images.Where(test.Contains)], classes,
            testPercent == 100 ? $"{reason}: all images are test images"
                : $"{reason}: {testPercent} % of each class are set aside for testing, the same images every time", ambiguities)
        {
            IsUndivided = isUndivided,
        };
    }

    /// <summary>Reports class folders with several subfolders, which may be the intended classes.</summary>
    private static IEnumerable<string> DescribeNestedFolders(IEnumerable<FolderImage> images)
    {
        var below = images.Where(image => image.RelativePath.Contains('/'))
            .GroupBy(image => image.Class, image => image.RelativePath[..image.RelativePath.IndexOf('/')])
            .Select(g => (Class: g.Key, Folders: g.Distinct().Order(StringComparer.Ordinal).ToArray())).Where(c => c.Folders.Length > 1)
                .OrderBy(c => c.Class, StringComparer.Ordinal).ToList();
        if (below.Count == 0) yield break;
        yield return $"everything below {below[0].Class}/ is treated as one class, regardless of its subfolders ({SkippedFiles.JoinFirst(below[0].Folders, MaxNames)})"
            + (below.Count == 1 ? "" : $"; likewise {SkippedFiles.JoinFirst([.. below.Skip(1).Select(c => $"{c.Class}/")], MaxNames)}");
    }

    /// <summary>
    /// Whether two names differ only in easily overlooked ways. macOS stores é as e with a combining accent; without tables of all
    /// letters such a pair is recognized by its other letters.
    /// </summary>
    private static bool IsSimilar(string a, string b) => ClassNames.Fold(a) == ClassNames.Fold(b)
        || (a + b).Any(IsAccent) && MaskAccents(a) == MaskAccents(b);

    private static bool IsAccent(char letter) => char.GetUnicodeCategory(letter) == UnicodeCategory.NonSpacingMark;

    /// <summary>Replaces each letter that is accented or not ASCII by a placeholder.</summary>
    private static string MaskAccents(string name) => string.Concat(name.Select((letter, i) =>
        IsAccent(letter) ? "" : !char.IsAscii(letter) || i + 1 < name.Length && IsAccent(name[i + 1]) ? "*" : $"{char.ToLowerInvariant(letter)}"));

    /// <summary>Reports class folders that may not be classes, and possible duplicates.</summary>
    private static IEnumerable<string> DescribeOddClasses(IReadOnlyList<string> classes)
    {
        foreach (var alike in classes.GroupBy(ClassNames.Fold).Where(g => g.Count() > 1))
            yield return $"{SkippedFiles.JoinFirst([.. alike.Select(name => $"{name}/")])} are treated as {alike.Count()} classes, but differ only "
                + "in case or in separators between words";
        if (classes.Where(SplitName.IsNoClass).ToList() is { Count: > 0 } others && classes.Count > 1)
            yield return $"{SkippedFiles.JoinFirst([.. others.Select(name => $"{name}/")])} "
                + $"{(others.Count == 1 ? "is treated as a class" : "are treated as classes")} because of {(others.Count == 1 ? "its" : "their")} "
                + "location; the folder that contains the class folders may be another one";
    }

    private static long Hash(FolderImage image, long seed) => $"{image.Class}/{image.RelativePath}".Aggregate(
        KeyedNoise.Mix(seed), (hash, letter) => KeyedNoise.Mix(unchecked(hash + letter)));

    private static string JoinFolders(IEnumerable<string> names) =>
        names.Select(name => $"{name}/").ToList() is var folders && folders.Count > 1 ? $"{string.Join(", ", folders[..^1])} and {folders[^1]}"
            : folders[0];

    private static string DescribeRole(SplitRole role) => role switch
    {
        SplitRole.Train => "training",
        SplitRole.Validation => "validation",
        _ => "testing",
    };
}
