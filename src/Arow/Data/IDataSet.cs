namespace Arow.Data;

/// <summary>A data set of the Catalog.</summary>
public interface IDataSet
{
    /// <summary>Name, such as <c>fashion-mnist</c>.</summary>
    string Name { get; }

    /// <summary>Short description.</summary>
    string Title { get; }

    /// <summary>Augmentation that is common for this set.</summary>
    Augmentation Augmentation { get; }

    /// <summary>Files that <c>arow data fetch</c> downloads; empty if there are none.</summary>
    IReadOnlyList<RemoteFile> Files { get; }

    /// <summary>Returns the files that are read in place of a missing published file: unpacked or in another form; empty if there are none.</summary>
    /// <param name="file">The published file.</param>
    /// <param name="folder">The folder that holds the files.</param>
    IReadOnlyList<string> FindSubstitutes(RemoteFile file, string folder) => [];

    /// <summary>Whether the set is drawn by code, so that inspecting it finds nothing new.</summary>
    bool IsGenerated => false;

    /// <summary>Returns the same set with its images brought to a size.</summary>
    /// <param name="size">The size.</param>
    /// <exception cref="InputException">The set's images have a size of their own.</exception>
    IDataSet Resized(ImageSize size) =>
        throw new InputException($"image-size {size}: the images of {Name} have one size; only those of 'folder' are resized");

    /// <summary>Loads one split.</summary>
    /// <param name="split">The split.</param>
    /// <param name="folder">The folder with the files; null if the set needs none.</param>
    /// <exception cref="InputException">A file is missing or invalid; the message names it in one line.</exception>
    ImageSet Load(Split split, string? folder);

    /// <summary>Loads the part of a split that <see cref="ImageSet.Limit"/> would keep.</summary>
    /// <param name="split">The split.</param>
    /// <param name="folder">As above.</param>
    /// <param name="limit">Number of images to draw; null for all.</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <exception cref="InputException">As above.</exception>
    ImageSet Load(Split split, string? folder, int? limit, long seed)
    {
        using var all = Load(split, folder);
        return all.Limit(limit, seed);
    }

    /// <summary>Loads the validation images, which select the weights; null if the set has only training and test images.</summary>
    /// <param name="folder">As above.</param>
    /// <exception cref="InputException">As above.</exception>
    ImageSet? LoadValidation(string? folder) => null;

    /// <summary>Loads all splits, one after the other; dispose each before the next is loaded.</summary>
    /// <param name="folder">As above.</param>
    /// <returns>Each split with its name: train, validation, test.</returns>
    /// <exception cref="InputException">As above.</exception>
    IEnumerable<(string Split, ImageSet Images)> LoadAll(string? folder)
    {
        yield return ("train", Load(Split.Train, folder));
        yield return ("test", Load(Split.Test, folder));
    }
}

/// <summary>A published file of a data set.</summary>
/// <param name="Name">Its name in the data folder.</param>
/// <param name="Address">URL of the file.</param>
/// <param name="Md5">The official checksum, 32 hexadecimal digits.</param>
/// <param name="Bytes">The official size.</param>
public sealed record RemoteFile(string Name, Uri Address, string Md5, long Bytes);
