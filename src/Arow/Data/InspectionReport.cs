namespace Arow.Data;

/// <summary>Text of an inspection: one fact per line; a line that begins with "warning: " reports what may change the meaning of results.</summary>
internal static class InspectionReport
{
    private const int NarrowRange = 64, FewNames = 8, Columns = 100;

    /// <summary>Returns all lines.</summary>
    /// <param name="inspection">The inspection.</param>
    /// <param name="allClasses">Whether all classes are listed; otherwise the first names of many.</param>
    /// <param name="columns">
    /// Width of the terminal: longer lines wrap with an indent of two. Null for no wrapping, except in a list of all classes.
    /// </param>
    public static IReadOnlyList<string> Format(DataInspection inspection, bool allClasses, int? columns = null) =>
    [
        .. WrapLines(inspection.Splits.Select(DescribeSizes), columns), .. DescribeClasses(inspection.Splits, allClasses, columns),
        .. WrapLines(DescribeFacts(inspection), columns),
        .. WrapLines(DescribeWarnings(inspection).Distinct().Select(line => $"warning: {line}"), columns),
    ];

    private static IEnumerable<string> WrapLines(IEnumerable<string> lines, int? columns) =>
        columns is { } room ? lines.SelectMany(line => WrapWords(line.Split(' '), room)) : lines;

    /// <summary>Wraps words into lines of the given width; longer words have a line of their own.</summary>
    private static IEnumerable<string> WrapWords(IReadOnlyList<string> pieces, int columns)
    {
        var line = pieces[0];
        foreach (var piece in pieces.Skip(1))
        {
            if (line.Length + 1 + piece.Length > columns)
            {
                yield return line;
                line = $"  {piece}";
            }
            else
            {
                line += $" {piece}";
            }
        }
        yield return line;
    }

    private static string DescribeSizes(SplitInspection split)
    {
        var counts = split.PerClass.Count == 0 ? [0] : split.PerClass;
        var each = counts.Min() == counts.Max() ? $"{CountImages(counts[0])} each" : $"{counts.Min()} to {counts.Max()} images";
        return $"{split.Name}: {CountImages(split.Count)}, {split.Shape[2]}x{split.Shape[1]} {(split.Shape[0] == 1 ? "grey" : "colour")}, "
            + (counts.Sum() == 0 && split.Count > 0 ? "without labels"
                : $"{split.Classes.Count} {(split.Classes.Count == 1 ? "class" : "classes")} of {each}");
    }

    /// <summary>"classes (train + test images): cat 100 + 20, dog 90 + 20".</summary>
    private static IEnumerable<string> DescribeClasses(IReadOnlyList<SplitInspection> splits, bool allClasses, int? columns)
    {
        var labelled = splits.Where(split => split.PerClass.Any(n => n > 0)).ToList();
        if (labelled.Count == 0) return [];
        var words = labelled[0].Classes.Select((name, i) =>
            $"{Printable.Escape(name)} {string.Join(" + ", labelled.Select(split => split.PerClass.ElementAtOrDefault(i)))}").ToList();
        var title = $"classes ({string.Join(" + ", labelled.Select(split => split.Name))} images):";
        List<string> listed = [title, .. words.Take(allClasses ? words.Count : FewNames).SkipLast(1).Select(word => $"{word},"),
            words[(allClasses ? words.Count : Math.Min(FewNames, words.Count)) - 1]];
        if (!allClasses && words.Count > FewNames) listed.Add($"… {words.Count - FewNames} more");
        return allClasses || columns is not null ? WrapWords(listed, columns ?? Columns) : [string.Join(' ', listed)];
    }

    private static IEnumerable<string> DescribeFacts(DataInspection found)
    {
        foreach (var line in found.Remarks.Concat(found.Splits.SelectMany(split => split.Origin?.Remarks ?? []))
            .Distinct()) yield return Printable.Escape(line);
        foreach (var others in found.Splits.Select(split => split.Origin?.Skipped).Distinct().Select(p => p?.Others).OfType<string>().Distinct())
            yield return $"skipped: {others}";
        foreach (var split in found.Splits)
        {
            if (split.Duplicates.Count > 0 && split.Conflicting.Count == 0)
                yield return $"{split.Name}: {CountImages(split.Duplicates.Count)} of {split.Count} "
                    + $"{Plural(split.Duplicates.Count, "is a copy", "are copies")} of another ({split.Duplicates.Example})";
            if (split.Origin?.Pictures is not { } pictures) continue;
            if (pictures.Rotated.Count > 0)
                yield return $"{split.Name}: {CountOfSplit(pictures.Rotated, split, "was", "were")} taken with the camera rotated (EXIF) and "
                    + $"{Plural(pictures.Rotated.Count, "is", "are")} read as stored; {Wording.Current.Resizing()} rotates them upright";
            if (pictures.Animated.Count > 0)
                yield return $"{split.Name}: {CountOfSplit(pictures.Animated, split, "holds several pictures (an animation, or pages)",
                    "hold several pictures (animations, or pages)")}, of which only the first is read";
            if (pictures.Transparent.Count > pictures.OnlyInAlpha.Count)
                yield return $"{split.Name}: {CountOfSplit(pictures.Transparent, split)} transparent pixels, whose colour is read as if they were "
                    + $"opaque; {Wording.Current.Resizing("white")} adds a background";
            if (pictures.SixteenBits.Count > 0 && pictures.LargestSixteenBitByte >= NarrowRange)
                yield return $"{split.Name}: {CountOfSplit(pictures.SixteenBits, split)} 16 bits per value, of which the upper 8 are read";
        }
    }

    private static IEnumerable<string> DescribeWarnings(DataInspection found)
    {
        foreach (var origin in found.Splits.Select(split => split.Origin).OfType<ImageOrigin>().DistinctBy(origin => origin.Skipped))
        {
            if (origin.Skipped.Pictures is { } kinds) yield return $"{CountImages(origin.Skipped.PictureCount)} skipped: {kinds}; only "
                + $"{PictureCodec.Formats} are read: convert them, {PictureCodec.Conversion}";
            if (origin.UnreadFolders.Count > 0) yield return $"nothing is read from {SkippedFiles.JoinFirst([.. origin.UnreadFolders.Select(folder => $"{folder}/")])}, whose images are in other formats";
            if (origin.EmptyFolders.Count > 0) yield return $"no images in {(origin.EmptyFolders.Count == 1 ? "" : $"{origin.EmptyFolders.Count} folders: ")}{SkippedFiles.JoinFirst([.. origin.EmptyFolders.Select(folder => $"{folder}/")])}: an empty folder is not a class";
            if (origin.Skipped.BrokenLinks is { Count: > 0 } links) yield return $"{(links.Count == 1 ? "a link is" : $"{links.Count} links are")} "
                + $"broken: {SkippedFiles.JoinFirst(links)}";
            foreach (var doubt in origin.Ambiguities) yield return doubt;
        }
        foreach (var shared in found.Shared)
        {
            var of = found.Splits.First(split => split.Name == shared.Later).Count;
            yield return $"{shared.Duplicates.Count} of {of} {SplitAdjective(shared.Later)} images are also {SplitAdjective(shared.Earlier)} images ({shared.Duplicates.Example}){DescribeConflicts(shared.Conflicting)}"
                + (shared.Later == "test" ? $": numbers on them say little about images not seen before" : "");
        }
        if (found.Splits.Where(split => split.Coloured > 0).ToList() is { Count: > 0 } coloured
            && found.Splits.Where(split => split.Coloured == 0 && split.Count > 0).ToList() is { Count: > 0 } grey)
            yield return $"all {string.Join(" and ", grey.Select(split => SplitAdjective(split.Name)))} images are grey, but "
                + $"{string.Join(" and ", coloured.Select(split => $"{split.Coloured} of {split.Count} {SplitAdjective(split.Name)} images"))} have "
                + "colour";
        foreach (var line in found.Splits.SelectMany(DescribeWarnings)) yield return line;
    }

    private static IEnumerable<string> DescribeWarnings(SplitInspection split)
    {
        var labelled = split.PerClass.Sum();
        if (labelled > 0 && split.PerClass.Count(n => n > 0) == 1)
            yield return $"all {SplitAdjective(split.Name)} images are of one class, "
                + $"'{Printable.Escape(split.Classes.Zip(split.PerClass).First(c => c.Second > 0).First)}': every prediction is correct";
        else if (labelled > 0 && split.PerClass.Contains(0))
            yield return $"no {SplitAdjective(split.Name)} images of "
                + $"{SkippedFiles.JoinFirst([.. split.Classes.Zip(split.PerClass).Where(c => c.Second == 0).Select(c => c.First)])}";
        if (split.Conflicting.Count > 0)
            yield return $"{split.Name}: {split.Conflicting.Count} of {split.Duplicates.Count} copies of other images "
                + $"{Plural(split.Conflicting.Count, "is", "are")} of another class ({split.Conflicting.Example})";
        if (split.Origin?.Damaged is { Count: > 0 } damaged)
            yield return $"{split.Name}: {CountImages(damaged.Count)} {Plural(damaged.Count, "is", "are")} left out ({Printable.Escape(damaged.Example!)})";
        var pictures = split.Origin?.Pictures;
        if (pictures?.OnlyInAlpha is { Count: > 0 } alpha)
            yield return $"{split.Name}: {CountOfSplit(alpha, split)} content only in transparency, which is ignored: they become images of one "
                + $"colour; {Wording.Current.Resizing("white")} adds a background";
        else if (split.Constant.Count > 0)
            yield return $"{split.Name}: {CountImages(split.Constant.Count)} of {split.Count} {Plural(split.Constant.Count, "has", "have")} a "
                + $"single colour ({split.Constant.Example})";
        if (pictures is { SixteenBits.Count: > 0, LargestSixteenBitByte: < NarrowRange and var largest })
        {
            var bits = 8 + (32 - int.LeadingZeroCount(largest));
            yield return $"{split.Name}: {CountOfSplit(pictures.SixteenBits, split)} 16 bits per value, of which the upper 8 are read, but no value reaches {1 << bits} ({bits} of 16 bits): "
                + $"the largest pixel is {largest} of 255 and detail is lost; multiply values by {1 << (16 - bits)} first";
        }
        else if (split.Maximum - split.Minimum < NarrowRange && split.Constant.Count < split.Count)
        {
            yield return $"{split.Name}: all pixels lie between {split.Minimum} and {split.Maximum} of 255; epsilon refers to the whole range";
        }
    }

    /// <summary>"training images".</summary>
    private static string SplitAdjective(string split) => split == "train" ? "training" : split;

    private static string DescribeConflicts(ExampleCount contradicting) =>
        contradicting.Count == 0 ? "" : $", {contradicting.Count} of them under another class ({contradicting.Example})";

    private static string CountImages(long count) => count == 1 ? "1 image" : $"{count} images";

    private static string Plural(int count, string one, string many) => count == 1 ? one : many;

    /// <summary>"3 of 10 images (cat/1.png) have".</summary>
    private static string CountOfSplit(ExampleCount counted, SplitInspection split, string one = "has", string many = "have") =>
        $"{counted.Count} of {CountImages(split.Origin!.Names.Count)} ({Printable.Escape(counted.Example!)}) {Plural(counted.Count, one, many)}";
}
