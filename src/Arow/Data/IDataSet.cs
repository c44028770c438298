namespace Arow.Data;

/// <summary>A data set of the Catalog.</summary>
public interface IDataSet
{
    /// <summary>Its name: <c>fashion-mnist</c>.</summary>
    string Name { get; }

    /// <summary>What it is, in a few words.</summary>
    string Title { get; }

    /// <summary>How training images are varied, as the field does for this set.</summary>
    Augmentation Augmentation { get; }

    /// <summary>The files that <c>arow data fetch</c> brings; empty where there are none to bring.</summary>
    IReadOnlyList<RemoteFile> Files { get; }

    /// <summary>What is read in place of a published file that is not there: the same unpacked, or in another form; nothing where nothing is.</summary>
    /// <param name="file">The published file.</param>
    /// <param name="folder">The folder that holds the files.</param>
    IReadOnlyList<string> Instead(RemoteFile file, string folder) => [];

    /// <summary>Whether it is drawn by code: there is nothing in it that its makers do not know.</summary>
    bool IsGenerated => false;

    /// <summary>Reads one half of the set.</summary>
    /// <param name="split">Which half.</param>
    /// <param name="folder">The folder that holds the files; null where the set needs none.</param>
    /// <exception cref="InputException">A file is missing or not what it should be; named in one line.</exception>
    ImageSet Load(Split split, string? folder);

    /// <summary>Reads some of it: what <see cref="ImageSet.Limit"/> leaves of the half.</summary>
    /// <param name="split">Which half.</param>
    /// <param name="folder">As above.</param>
    /// <param name="limit">How many images to draw; null for all.</param>
    /// <param name="seed">Draws them.</param>
    /// <exception cref="InputException">As above.</exception>
    ImageSet Load(Split split, string? folder, int? limit, long seed)
    {
        using var all = Load(split, folder);
        return all.Limit(limit, seed);
    }

    /// <summary>Reads the images that are to choose the weights; null where the set has none beside those to train and to test on.</summary>
    /// <param name="folder">As above.</param>
    /// <exception cref="InputException">As above.</exception>
    ImageSet? LoadValidation(string? folder) => null;

    /// <summary>Reads all that there is, one split after the other, each to be disposed before the next.</summary>
    /// <param name="folder">As above.</param>
    /// <returns>Each split with its name: train, validation, test.</returns>
    /// <exception cref="InputException">As above.</exception>
    IEnumerable<(string Split, ImageSet Images)> LoadAll(string? folder)
    {
        yield return ("train", Load(Split.Train, folder));
        yield return ("test", Load(Split.Test, folder));
    }
}

/// <summary>A file of a data set, as its makers publish it.</summary>
/// <param name="Name">Its name in the data folder.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Md5">The official checksum, 32 hexadecimal digits.</param>
/// <param name="Bytes">The official size.</param>
public sealed record RemoteFile(string Name, Uri Address, string Md5, long Bytes);
