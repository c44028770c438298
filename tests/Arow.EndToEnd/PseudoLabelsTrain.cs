using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Arow.EndToEnd;

/// <summary>Semi-supervised training from end to end: a network, labels for images that have none, training on both.</summary>
public sealed class PseudoLabelsTrain
{
    private const int N = 40;

    private static readonly string[] Small =
        ["--dataset", "glyphs", "--model", "tiny-cnn", "--limit-train", "100", "--limit-test", "20", "--epochs", "1", "--batch-size", "20",
            "--attack-steps", "1", "--test-attack", "clean"];

    [Fact]
    public void What_is_sure_enough_is_labelled_and_trained_on()
    {
        using var arow = new Program();
        // As published code marks them: images whose label is -1.
        var pixels = new byte[N * 28 * 28];
        new Random(1).NextBytes(pixels);
        using (var zip = ZipFile.Open(arow.File("unlabelled.npz"), ZipArchiveMode.Create))
        {
            Put(zip, "image", "|u1", $"({N}, 28, 28)", pixels);
            Put(zip, "label", "<i8", $"({N},)", [.. Enumerable.Repeat((byte)255, 8 * N)]);
        }
        arow.Run(["train", .. Small, "--objective", "standard", "--output", "standard"]).AssertDone();
        arow.Run(["train", .. Small, "--objective", "arow", "--extra-data", "unlabelled.npz", "--output", "refused"])
            .AssertRefused("labels from -1 to -1", "arow pseudo-label");

        arow.Run("pseudo-label", "standard", "--images", "unlabelled.npz", "--output", "all.npz").AssertDone();
        var all = Confidences(arow.File("all.npz"));
        Assert.Equal(N, all.Count);
        var middle = all.Order().ElementAt(N / 2);
        arow.Run("pseudo-label", "standard", "--images", "unlabelled.npz", "--output", "sure.npz", "--min-confidence",
            middle.ToString("R", CultureInfo.InvariantCulture)).AssertDone();
        Assert.Equal(all.Where(c => c >= middle), Confidences(arow.File("sure.npz")));

        arow.Run(["train", .. Small, "--objective", "arow", "--extra-data", "sure.npz", "--extra-fraction", "0.5", "--output", "semi"]).AssertDone();
        Assert.Equal("extra\ttest\tsimilarity\tmirrored\n", File.ReadAllText(arow.File("semi/near-duplicates.tsv")));
    }

    private static void Put(ZipArchive zip, string name, string type, string shape, byte[] content)
    {
        using var stream = zip.CreateEntry($"{name}.npy").Open();
        var header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}\n";
        stream.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0]);
        stream.Write(Encoding.ASCII.GetBytes(header));
        stream.Write(content);
    }

    /// <summary>[N] float32 behind a header of the length that it says.</summary>
    private static List<float> Confidences(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        using var stream = zip.GetEntry("confidence.npy")!.Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        var bytes = memory.ToArray().AsSpan();
        var values = bytes[(10 + BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]))..].ToArray();
        return [.. values.Chunk(4).Select(four => BinaryPrimitives.ReadSingleLittleEndian(four))];
    }
}
