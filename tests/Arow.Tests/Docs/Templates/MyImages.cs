namespace Arow.Data;

/// <summary>What it is, and where it comes from. Here: grey images of 16x16 pixels, each after the byte of its label.</summary>
internal sealed record MyImages : IDataSet
{
    private const int Side = 16;

    private static readonly string[] Classes = ["cat", "dog"];

    public string Name => "my-images";

    public string Title => "cats and dogs, 16x16 grey, 2 classes";

    public Augmentation Augmentation => new(Padding: 2, Flip: true);

    public IReadOnlyList<RemoteFile> Files => [];

    public ImageSet Load(Split split, string? folder)
    {
        folder = InputFile.RequireFolder(Name, folder, "train.bin and test.bin");
        var path = Path.Combine(folder, split == Split.Train ? "train.bin" : "test.bin");
        var bytes = InputFile.Read(path, "a file of images", () => File.ReadAllBytes(path));
        const int Row = 1 + Side * Side;
        if (bytes.Length == 0 || bytes.Length % Row != 0) throw new InputException($"{path}: {bytes.Length} bytes are no number of images");

        using var scope = NewDisposeScope();
        var rows = tensor(bytes).reshape(-1, Row);
        var labels = InputFile.ToLabels(path, rows[.., 0].contiguous().data<byte>().ToArray(), Classes.Length);
        var images = rows[.., 1..].reshape(-1, 1, Side, Side).contiguous();
        return new ImageSet(Name, images, labels, Classes);
    }
}
