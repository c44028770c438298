namespace Arow.Data;

/// <summary>Text of an inspection: one fact per line; a line that begins with "warning: " reports what may change the meaning of results.</summary>
public static class InspectionLines
{
    private const int NarrowRange = 64, FewNames = 8, Columns = 100;

    /// <summary>Returns all lines.</summary>
    /// <param name="found">The inspection.</param>
    /// <param name="whole">Whether all classes are listed; otherwise the first names of many.</param>
    /// <param name="columns">
    /// Width of the terminal: longer lines wrap with an indent of two. Null for no wrapping, except in a list of all classes.
    /// </param>
    public static IReadOnlyList<string> Of(DataInspection found, bool whole, int? columns = null) =>
    [
        .. Fitted(found.Splits.Select(Sizes), columns), .. Classes(found.Splits, whole, columns),
        .. Fitted(Facts(found), columns), .. Fitted(Warnings(found).Distinct().Select(line => $"warning: {line}"), columns),
    ];

    private static IEnumerable<string> Fitted(IEnumerable<string> lines, int? columns) =>
        columns is { } room ? lines.SelectMany(line => Wrapped(line.Split(' '), room)) : lines;

    /// <summary>Wraps words into lines of the given width; longer words have a line of their own.</summary>
    private static IEnumerable<string> Wrapped(IReadOnlyList<string> pieces, int columns)
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

    private static string Sizes(SplitFindings split)
    {
        var counts = split.PerClass.Count == 0 ? [0] : split.PerClass;
        var each = counts.Min() == counts.Max() ? $"{Images(counts[0])} each" : $"{counts.Min()} to {counts.Max()} images";
        return $"{split.Name}: {Images(split.Count)}, {split.Shape[2]}x{split.Shape[1]} {(split.Shape[0] == 1 ? "grey" : "colour")}, "
            + (counts.Sum() == 0 && split.Count > 0 ? "without labels" : $"{split.Classes.Count} {(split.Classes.Count == 1 ? "class" : "classes")} of {each}");
    }

    /// <summary>"classes (train + test images): cat 100 + 20, dog 90 + 20".</summary>
    private static IEnumerable<string> Classes(IReadOnlyList<SplitFindings> splits, bool whole, int? columns)
    {
        var labelled = splits.Where(split => split.PerClass.Any(n => n > 0)).ToList();
        if (labelled.Count == 0) return [];
        var words = labelled[0].Classes.Select((name, i) => $"{Printable.Text(name)} {string.Join(" + ", labelled.Select(split => split.PerClass.ElementAtOrDefault(i)))}").ToList();
        var title = $"classes ({string.Join(" + ", labelled.Select(split => split.Name))} images):";
        List<string> listed = [title, .. words.Take(whole ? words.Count : FewNames).SkipLast(1).Select(word => $"{word},"), words[(whole ? words.Count : Math.Min(FewNames, words.Count)) - 1]];
        if (!whole && words.Count > FewNames) listed.Add($"… {words.Count - FewNames} more");
        return whole || columns is not null ? Wrapped(listed, columns ?? Columns) : [string.Join(' ', listed)];
    }

    private static IEnumerable<string> Facts(DataInspection found)
    {
        foreach (var line in found.Remarks.Concat(found.Splits.SelectMany(split => split.Origin?.Remarks ?? [])).Distinct()) yield return Printable.Text(line);
        foreach (var others in found.Splits.Select(split => split.Origin?.PassedOver).Distinct().Select(p => p?.Others).OfType<string>().Distinct())
            yield return $"skipped: {others}";
        foreach (var split in found.Splits)
        {
            if (split.Copies.Count > 0 && split.Contradicting.Count == 0)
                yield return $"{split.Name}: {Images(split.Copies.Count)} of {split.Count} {Either(split.Copies.Count, "is a copy", "are copies")} of another ({split.Copies.Example})";
            if (split.Origin?.Pictures is not { } pictures) continue;
            if (pictures.Turned.Count > 0)
                yield return $"{split.Name}: {Seen(pictures.Turned, split, "was", "were")} taken with the camera rotated (EXIF) and {Either(pictures.Turned.Count, "is", "are")} read as stored; 'arow data resize' rotates them upright";
            if (pictures.Animated.Count > 0)
                yield return $"{split.Name}: {Seen(pictures.Animated, split, "is an animation", "are animations")}, of which only the first picture is read";
            if (pictures.Transparent.Count > pictures.OnlyInAlpha.Count)
                yield return $"{split.Name}: {Seen(pictures.Transparent, split)} transparent pixels, whose colour is read as if they were opaque; 'arow data resize --background white' adds a background";
            if (pictures.SixteenBits.Count > 0 && pictures.LargestOfSixteen >= NarrowRange)
                yield return $"{split.Name}: {Seen(pictures.SixteenBits, split)} 16 bits per value, of which the upper 8 are read";
        }
    }

    private static IEnumerable<string> Warnings(DataInspection found)
    {
        foreach (var origin in found.Splits.Select(split => split.Origin).OfType<ImageOrigin>().DistinctBy(origin => origin.PassedOver))
        {
            if (origin.PassedOver.Pictures is { } kinds) yield return $"{Images(origin.PassedOver.PictureCount)} skipped: {kinds}; only PNG and JPEG are read: convert them";
            if (origin.LostFolders.Count > 0) yield return $"nothing is read from {PassedOver.Shortened([.. origin.LostFolders.Select(folder => $"{folder}/")])}, whose images are in other formats";
            if (origin.EmptyFolders.Count > 0) yield return $"no images in {(origin.EmptyFolders.Count == 1 ? "" : $"{origin.EmptyFolders.Count} folders: ")}{PassedOver.Shortened([.. origin.EmptyFolders.Select(folder => $"{folder}/")])}: an empty folder is not a class";
            if (origin.PassedOver.BrokenLinks is { Count: > 0 } links) yield return $"{(links.Count == 1 ? "a link is" : $"{links.Count} links are")} broken: {PassedOver.Shortened(links)}";
            foreach (var doubt in origin.Doubts) yield return doubt;
        }
        foreach (var shared in found.Shared)
        {
            var of = found.Splits.First(split => split.Name == shared.Later).Count;
            yield return $"{shared.Copies.Count} of {of} {Kind(shared.Later)} images are also {Kind(shared.Earlier)} images ({shared.Copies.Example}){Unlike(shared.Contradicting)}"
                + (shared.Later == "test" ? $": numbers on them say little about images not seen before" : "");
        }
        if (found.Splits.Where(split => split.Coloured > 0).ToList() is { Count: > 0 } coloured && found.Splits.Where(split => split.Coloured == 0 && split.Count > 0).ToList() is { Count: > 0 } grey)
            yield return $"all {string.Join(" and ", grey.Select(split => Kind(split.Name)))} images are grey, but {string.Join(" and ", coloured.Select(split => $"{split.Coloured} of {split.Count} {Kind(split.Name)} images"))} have colour";
        foreach (var line in found.Splits.SelectMany(Warnings)) yield return line;
    }

    private static IEnumerable<string> Warnings(SplitFindings split)
    {
        var labelled = split.PerClass.Sum();
        if (labelled > 0 && split.PerClass.Count(n => n > 0) == 1)
            yield return $"all {Kind(split.Name)} images are of one class, '{Printable.Text(split.Classes.Zip(split.PerClass).First(c => c.Second > 0).First)}': every prediction is correct";
        else if (labelled > 0 && split.PerClass.Contains(0))
            yield return $"no {Kind(split.Name)} images of {PassedOver.Shortened([.. split.Classes.Zip(split.PerClass).Where(c => c.Second == 0).Select(c => c.First)])}";
        if (split.Contradicting.Count > 0)
            yield return $"{split.Name}: {split.Contradicting.Count} of {split.Copies.Count} copies of other images {Either(split.Contradicting.Count, "is", "are")} of another class ({split.Contradicting.Example})";
        var pictures = split.Origin?.Pictures;
        if (pictures?.OnlyInAlpha is { Count: > 0 } alpha)
            yield return $"{split.Name}: {Seen(alpha, split)} content only in transparency, which is ignored: they become images of one colour; 'arow data resize --background white' adds a background";
        else if (split.Constant.Count > 0)
            yield return $"{split.Name}: {Images(split.Constant.Count)} of {split.Count} {Either(split.Constant.Count, "has", "have")} a single colour ({split.Constant.Example})";
        if (pictures is { SixteenBits.Count: > 0, LargestOfSixteen: < NarrowRange and var largest })
        {
            var bits = 8 + (32 - int.LeadingZeroCount(largest));
            yield return $"{split.Name}: {Seen(pictures.SixteenBits, split)} 16 bits per value, of which the upper 8 are read, but no value reaches {1 << bits} ({bits} of 16 bits): "
                + $"the largest pixel is {largest} of 255 and detail is lost; multiply values by {1 << (16 - bits)} first";
        }
        else if (split.Most - split.Least < NarrowRange && split.Constant.Count < split.Count)
        {
            yield return $"{split.Name}: all pixels lie between {split.Least} and {split.Most} of 255; epsilon refers to the whole range";
        }
    }

    /// <summary>"training images".</summary>
    private static string Kind(string split) => split == "train" ? "training" : split;

    private static string Unlike(Counted contradicting) =>
        contradicting.Count == 0 ? "" : $", {contradicting.Count} of them under another class ({contradicting.Example})";

    private static string Images(long count) => count == 1 ? "1 image" : $"{count} images";

    private static string Either(int count, string one, string many) => count == 1 ? one : many;

    /// <summary>"3 of 10 images (cat/1.png) have".</summary>
    private static string Seen(Counted counted, SplitFindings split, string one = "has", string many = "have") =>
        $"{counted.Count} of {Images(split.Origin!.Names.Count)} ({Printable.Text(counted.Example!)}) {Either(counted.Count, one, many)}";
}
