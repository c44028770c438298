using System.Globalization;

namespace Arow.Data;

/// <summary>An image of a folder of classes.</summary>
/// <param name="Class">Its class folder.</param>
/// <param name="Place">Its path below the class folder, with /.</param>
/// <param name="Path">Its path below the given folder or in the archive, with /.</param>
internal sealed record FolderImage(string Class, string Place, string Path);

/// <summary>
/// Which images of a folder of class folders are for training, for choosing weights and for testing: by the split folders
/// above the class folders or below them, or drawn where there are none.
/// </summary>
/// <param name="Train">In the order of class, then of path: ordinal, the same on every system. So are the others.</param>
/// <param name="Validation">Images that choose the weights; none where only two splits are there.</param>
/// <param name="Test">Images to be measured on.</param>
/// <param name="Classes">The class folders.</param>
/// <param name="Remark">What was assumed, in one line; null where the folders say it all.</param>
/// <param name="Doubts">Names that may not mean what they were taken for, a line each.</param>
internal sealed record FolderLayout(
    FolderImage[] Train, FolderImage[] Validation, FolderImage[] Test, string[] Classes, string? Remark, IReadOnlyList<string> Doubts)
{
    private const int Told = 5;

    /// <summary>What the paths say.</summary>
    /// <param name="root">The folder or archive, for messages.</param>
    /// <param name="paths">Paths of the images below it, with /.</param>
    /// <param name="testPercent">How many of each class are drawn for testing where no folder is for that.</param>
    /// <param name="seed">Seed of that draw.</param>
    /// <exception cref="InputException">Folders of splits and of classes stand in a way that cannot be told apart, or a class is in one split alone.</exception>
    public static FolderLayout Of(string root, IReadOnlyCollection<string> paths, int testPercent, long seed)
    {
        if (paths.Count == 0) throw new InputException($"{root}: has no PNG or JPEG images");
        var images = paths.Select(path => new Entry(path, path.Split('/'))).ToList();
        var why = "no folder is for testing";
        for (var depth = 0; ; depth++)
        {
            var tops = Tops(images, depth);
            if (Splits(root, images, tops, depth) is { } splits) return Divided(root, splits, depth + 1);
            if (SplitsWithinClasses(images, tops, depth) is { } within) return Divided(root, within, depth, classesAbove: true);
            if (tops is [{ Name: { } only, IsDeep: true }] && images.All(image => image.Folder(depth + 1) is not null))
            {
                if (Alone(root, images, only, depth) is { } alone) return alone;
                if (SplitName.Parse(only) is { Rest: "", Role: SplitRole.Train }) why = $"there is {only}/ and no folder for testing";
                continue;
            }
            var alike = Alike(root, images, tops, depth);
            return Drawn(root, Sorted(root, images, depth), testPercent, seed, why, alike is null ? Doubtful(root, images, tops, depth) : [alike]);
        }
    }

    /// <summary>An image's path and its parts.</summary>
    private sealed record Entry(string Path, string[] Parts)
    {
        /// <summary>The folder that it lies in or below at a depth; null if there is none so deep.</summary>
        public string? Folder(int depth) => Parts.Length > depth + 1 ? Parts[depth] : null;
    }

    /// <summary>A folder at a depth; the name is null for images that lie there in none.</summary>
    private sealed record Top(string? Name, bool IsDeep)
    {
        public SplitName? Split { get; } = Name is null ? null : SplitName.Parse(Name);
    }

    private static List<Top> Tops(IEnumerable<Entry> images, int depth) =>
        [.. images.GroupBy(image => image.Folder(depth)).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new Top(g.Key, g.Any(image => image.Folder(depth + 1) is not null)))];

    /// <summary>Images by what they are for, where split folders stand at a depth; null if none do.</summary>
    private static List<(SplitRole Role, string Name, List<Entry> Images)>? Splits(string root, List<Entry> images, List<Top> tops, int depth)
    {
        var group = tops.Where(top => top.Split is not null).GroupBy(top => top.Split!.Rest).MaxBy(g => g.Select(top => top.Split!.Role).Distinct().Count())?.OrderBy(top => top.Split!.Role).ToList();
        if (group is null || group.Count < 2)
        {
            // train/ and final_test/ say different things, but with the same classes in both they are two splits all the same.
            if (tops.Count < 2 || tops.Any(top => top.Split is null) || tops.DistinctBy(top => top.Split!.Role).Count() < tops.Count || FoldersOfAll(images, tops, depth).Count < 2) return null;
            group = [.. tops.OrderBy(top => top.Split!.Role)];
        }
        if (!group.Any(top => top.IsDeep))
        {
            if (tops.Count > group.Count || group.DistinctBy(top => top.Split!.Role).Count() < group.Count) return null;
            throw NoClassFolder(root, First(images, image => image.Folder(depth) == group[0].Name)!, group[0].Name!);
        }
        if (group.GroupBy(top => top.Split!.Role).FirstOrDefault(g => g.Count() > 1) is { } same)
            throw new InputException($"{root}: {Folders(same.Select(top => top.Name!))} both look like images for {Purpose(same.Key)}; keep one of them");
        if (First(images, image => group.All(top => top.Name != image.Folder(depth))) is { } stray)
            throw new InputException($"{root}: {stray.Path} lies beside {Folders(group.Select(top => top.Name!))}, in {(group.Count == 2 ? "neither" : "none of them")}");
        return [.. group.Select(top => (top.Split!.Role, top.Name!, images.Where(image => image.Folder(depth) == top.Name).ToList()))];
    }

    /// <summary>Folders that are in every one of those at a depth; none where images lie directly in one.</summary>
    private static List<string> FoldersOfAll(List<Entry> images, List<Top> tops, int depth) =>
        images.Any(image => image.Folder(depth + 1) is null) ? []
        : [.. tops.Select(top => images.Where(image => image.Folder(depth) == top.Name).Select(image => image.Folder(depth + 1)!)).Aggregate((all, some) => all.Intersect(some)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>A doubt where all folders hold the same ones, as splits do that are called otherwise; null where they do not.</summary>
    /// <exception cref="InputException">One of them is called as a split.</exception>
    private static string? Alike(string root, List<Entry> images, List<Top> tops, int depth)
    {
        if (tops.Count < 2 || FoldersOfAll(images, tops, depth) is not { Count: > 1 } same) return null;
        var what = $"{PassedOver.Shortened([.. tops.Select(top => $"{top.Name}/")], Told)} all hold the folders {PassedOver.Shortened(same, Told)}";
        return tops.All(top => !SplitName.Mentions(top.Name!)) ? $"{what} and are taken for classes; splits have to be called train/, val/ and test/"
            : throw new InputException($"{root}: {what}, so that they look like splits and not like classes; call them train/, val/ and test/, one of each, and move others away");
    }

    /// <summary>The same where every class folder has split folders of its own: <c>cat/train/…</c>, <c>cat/test/…</c>.</summary>
    private static List<(SplitRole Role, string Name, List<Entry> Images)>? SplitsWithinClasses(List<Entry> images, List<Top> tops, int depth)
    {
        if (tops.Count < 2 || images.Any(image => image.Folder(depth + 1) is null)) return null;
        var below = Tops(images, depth + 1);
        return below.Count < 2 || below.Any(top => top.Split is not { Rest: "" }) || below.DistinctBy(top => top.Split!.Role).Count() < below.Count ? null
            : [.. below.Select(top => (top.Split!.Role, top.Name!, images.Where(image => image.Folder(depth + 1) == top.Name).ToList()))];
    }

    private static FolderLayout Divided(string root, List<(SplitRole Role, string Name, List<Entry> Images)> splits, int depth, bool classesAbove = false)
    {
        var found = splits.ToDictionary(s => s.Role, s => (s.Name, Images: Sorted(root, s.Images, classesAbove ? depth : Descend(s.Images, depth), s.Name)));
        FolderImage[] Of(SplitRole role) => found.TryGetValue(role, out var split) ? split.Images : [];
        string Called(SplitRole role) => found[role].Name;

        foreach (var (name, split) in found.Values)
        {
            // Exports for detection, and splits whose labels stand in a table.
            if (split.Select(image => image.Class).Distinct().ToList() is [var only] && SplitName.SaysNothing(only) && split.All(image => !image.Place.Contains('/')))
                throw new InputException($"{root}: {split[0].Path} lies directly in {only}/, in no class folder; put the images of {name}/ into one folder for each class");
        }

        // With two splits the second is the one to measure on, whatever it is called.
        var measured = found.ContainsKey(SplitRole.Test) ? SplitRole.Test : SplitRole.Validation;
        var (train, validation, test) = (Of(SplitRole.Train), measured == SplitRole.Test ? Of(SplitRole.Validation) : [], Of(measured));
        var remark = train.Length == 0 ? $"{Called(measured)}/ holds the test images; there are none to train on"
            : validation.Length > 0 ? $"{Called(SplitRole.Validation)}/ chooses the weights, {Called(SplitRole.Test)}/ is for testing"
            : splits.DistinctBy(s => SplitName.Parse(s.Name)!.Rest).Count() > 1 ? $"{Called(SplitRole.Train)}/ is for training, {Called(measured)}/ for testing"
            : measured == SplitRole.Validation ? $"{Called(measured)}/ holds the test images, as there is no test/; the weights are chosen on a part of {Called(SplitRole.Train)}/"
            : null;
        var classes = ClassesOf(train.Length > 0 ? train : [.. validation, .. test]);
        if (train.Length > 0 && validation.Concat(test).FirstOrDefault(image => !classes.Contains(image.Class)) is { } foreign)
        {
            var similar = classes.FirstOrDefault(c => LooksLike(c, foreign.Class));
            throw new InputException($"{root}: {foreign.Path} is of a class that {Called(SplitRole.Train)}/ has no folder for{(similar is null ? "" : $"; it has {similar}/, which differs in case, in spaces and signs between words, or in the Unicode form of its letters")}");
        }
        return new FolderLayout(train, validation, test, classes, remark, [.. Together([.. train, .. validation, .. test]), .. Odd(classes)]);
    }

    /// <summary>Split folders may have one more folder below them, as <c>seg_train/seg_train/cat</c> and <c>train/images/cat</c>.</summary>
    private static int Descend(List<Entry> images, int depth)
    {
        while (Tops(images, depth) is [{ Name: { } only }] && images.All(image => image.Folder(depth + 1) is not null)
            && (SplitName.Parse(only) is not null || SplitName.SaysNothing(only)))
        {
            depth++;
        }
        return depth;
    }

    /// <summary>A test/ or val/ with nothing beside it; null if the only folder is no such or there are split folders below it.</summary>
    private static FolderLayout? Alone(string root, List<Entry> images, string only, int depth)
    {
        if (SplitName.Parse(only) is not { Rest: "" } name || name.Role == SplitRole.Train || Splits(root, images, Tops(images, depth + 1), depth + 1) is not null) return null;
        return Divided(root, [(name.Role, only, images)], depth + 1);
    }

    /// <summary>Names of splits that stand among class folders.</summary>
    private static List<string> Doubtful(string root, List<Entry> images, List<Top> tops, int depth)
    {
        var named = tops.Where(top => top.Split is { Rest: "" }).ToList();
        if (named.Count == 0) return [];
        var classes = tops.Where(top => top.Name is not null).Select(top => top.Name!).ToList();
        if (tops is [{ Name: { } only }]) throw NoClassFolder(root, First(images, _ => true)!, only);
        foreach (var top in named.Where(top => top.IsDeep))
        {
            var below = Tops([.. images.Where(image => image.Folder(depth) == top.Name)], depth + 1).Select(t => t.Name);
            if (classes.FirstOrDefault(c => below.Contains(c)) is { } twice)
                throw new InputException($"{root}: {twice}/ stands both beside {top.Name}/ and in it; put the class folders beside it into a folder train/ or test/");
        }
        var ordinary = classes.Except(named.Select(top => top.Name!)).ToList();
        return
        [
            $"{PassedOver.Shortened([.. named.Select(top => $"'{top.Name}'")])} {(named.Count == 1 ? "is taken for a class" : "are taken for classes")}"
            + (ordinary.Count == 0 ? "" : $", as {PassedOver.Shortened(ordinary, Told)} beside it"),
        ];
    }

    /// <summary>The first by its path, whatever the order in which a disk lists them.</summary>
    private static Entry? First(IEnumerable<Entry> images, Func<Entry, bool> holds) => images.Where(holds).MinBy(image => image.Path, StringComparer.Ordinal);

    private static InputException NoClassFolder(string root, Entry image, string folder) =>
        new($"{root}: {image.Path} lies directly in {folder}/, in no class folder; put images into one folder for each class, as {folder}/cat/{image.Parts[^1]}");

    /// <summary>The images of a split by class.</summary>
    /// <param name="root">For messages.</param>
    /// <param name="images">Its images.</param>
    /// <param name="depth">Of the class folders.</param>
    /// <param name="split">Its folder, for messages; null where there is none.</param>
    private static FolderImage[] Sorted(string root, IReadOnlyCollection<Entry> images, int depth, string? split = null)
    {
        if (First(images, image => image.Folder(depth) is null) is { } stray)
            throw split is null ? new InputException($"{root}: {stray.Path} lies in no class folder; put images into one folder for each class") : NoClassFolder(root, stray, split);
        return
        [
            .. images.Select(image => new FolderImage(image.Folder(depth)!, string.Join('/', image.Parts.Skip(depth + 1)), image.Path))
                .OrderBy(image => image.Class, StringComparer.Ordinal).ThenBy(image => image.Place, StringComparer.Ordinal),
        ];
    }

    private static string[] ClassesOf(IEnumerable<FolderImage> images) =>
        [.. images.Select(image => image.Class).Distinct().Order(StringComparer.Ordinal)];

    private static FolderLayout Drawn(string root, FolderImage[] images, int testPercent, long seed, string why, IReadOnlyList<string> doubts)
    {
        // The lowest hashes of each class: a new image moves few others from one half to the other.
        var test = images.GroupBy(image => image.Class)
            .SelectMany(group => group.OrderBy(image => Hash(image, seed)).Take(group.Count() * testPercent / 100))
            .ToHashSet();
        var classes = ClassesOf(images);
        if (classes is [var only] && SplitName.SaysNothing(only) && images.All(image => !image.Place.Contains('/')))
            throw new InputException($"{root}: {images[0].Path} lies directly in {only}/, in no class folder; put the images into one folder for each class");
        doubts = [.. doubts, .. Together(images), .. Odd(classes)];
        if (test.Count == 0) doubts = [.. doubts, "too few images of each class to set some aside for testing"];
        return new FolderLayout(
            [.. images.Where(image => !test.Contains(image))], [], [.. images.Where(test.Contains)], classes,
            $"{why}: {testPercent} % of each class are set aside for it, the same ones every time", doubts);
    }

    /// <summary>Class folders with several folders below them, which may be the classes that were meant.</summary>
    private static IEnumerable<string> Together(IEnumerable<FolderImage> images)
    {
        var below = images.Where(image => image.Place.Contains('/')).GroupBy(image => image.Class, image => image.Place[..image.Place.IndexOf('/')])
            .Select(g => (Class: g.Key, Folders: g.Distinct().Order(StringComparer.Ordinal).ToArray())).Where(c => c.Folders.Length > 1).OrderBy(c => c.Class, StringComparer.Ordinal).ToList();
        if (below.Count == 0) yield break;
        yield return $"all below {below[0].Class}/ is taken for one class, whatever the folders in it ({PassedOver.Shortened(below[0].Folders, Told)})"
            + (below.Count == 1 ? "" : $"; so it is with {PassedOver.Shortened([.. below.Skip(1).Select(c => $"{c.Class}/")], Told)}");
    }

    /// <summary>
    /// Whether two names differ in what is easily overlooked alone. macOS writes é as e with an accent of its own: without tables of
    /// all letters such a pair is known by its other letters.
    /// </summary>
    private static bool LooksLike(string a, string b) => ClassNames.Fold(a) == ClassNames.Fold(b)
        || (a + b).Any(IsAccent) && Accented(a) == Accented(b);

    private static bool IsAccent(char letter) => char.GetUnicodeCategory(letter) == UnicodeCategory.NonSpacingMark;

    /// <summary>The name with a sign in place of each letter that has an accent or is none of ASCII.</summary>
    private static string Accented(string name) => string.Concat(name.Select((letter, i) =>
        IsAccent(letter) ? "" : !char.IsAscii(letter) || i + 1 < name.Length && IsAccent(name[i + 1]) ? "*" : $"{char.ToLowerInvariant(letter)}"));

    /// <summary>Class folders that may be none, or one twice.</summary>
    private static IEnumerable<string> Odd(IReadOnlyList<string> classes)
    {
        foreach (var alike in classes.GroupBy(ClassNames.Fold).Where(g => g.Count() > 1))
            yield return $"{PassedOver.Shortened([.. alike.Select(name => $"{name}/")])} are taken for {alike.Count()} classes, though they differ in case or in spaces and signs between words alone";
        if (classes.Where(SplitName.NamesNoClass).ToList() is { Count: > 0 } others && classes.Count > 1)
            yield return $"{PassedOver.Shortened([.. others.Select(name => $"{name}/")])} {(others.Count == 1 ? "is taken for a class" : "are taken for classes")} by where {(others.Count == 1 ? "it stands" : "they stand")}; the folder that holds the class folders may be another one";
    }

    private static long Hash(FolderImage image, long seed) => $"{image.Class}/{image.Place}".Aggregate(
        KeyedNoise.Mix(seed), (hash, letter) => KeyedNoise.Mix(unchecked(hash + letter)));

    private static string Folders(IEnumerable<string> names) =>
        names.Select(name => $"{name}/").ToList() is var folders && folders.Count > 1 ? $"{string.Join(", ", folders[..^1])} and {folders[^1]}" : folders[0];

    private static string Purpose(SplitRole role) => role switch
    {
        SplitRole.Train => "training",
        SplitRole.Validation => "validation",
        _ => "testing",
    };
}
