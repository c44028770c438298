using System.Buffers.Binary;
using Arow.Data;
using Arow.Models;
using Arow.Models.Execution;
using Arow.Training;

namespace Arow.Bench;

/// <summary>Images in their packed file beside the same images in memory: their batches alone, and a training of a small network on them.</summary>
internal static class PackedTraining
{
    public const string Option = "--packed";

    private const int Images = 10_240, Side = 64, Batch = 128, BatchesEach = 8, Pairs = 15;

    /// <summary>Prints the ratios, then each pair.</summary>
    public static void Report()
    {
        set_num_threads(1);
        var root = Directory.CreateTempSubdirectory("arow-packed-");
        try
        {
            WriteImages(Path.Combine(root.FullName, "images"));
            var pack = Path.Combine(root.FullName, "images.pack");
            new ImagePacker().Run(Path.Combine(root.FullName, "images"), pack);
            using var packed = new ImageFolder().Load(Split.Train, pack);
            using var labels = packed.Labels.clone();
            using var pixels = packed.Gather(0, packed.Count);
            using var inMemory = new ImageSet("memory", pixels.clone(), labels.clone(), packed.Classes);
            Console.WriteLine($"{Machine.Description}; {packed.Count} images of {Side}x{Side} in colour, batches of {Batch}, {BatchesEach} a reading\n");
            Console.WriteLine("| what | images a second, packed | time packed by time in memory | in processor time |\n|---|---|---|---|");
            var rows = new List<string>();
            foreach (var (what, take) in ((string, Action<Batches, int>)[])[("batches alone", Load), ("training of tiny-cnn, one forward and backward pass", Train())])
                Console.WriteLine(Compare(what, take, packed, inMemory, rows));
            Console.WriteLine("\nwhat\tpair\tpacked_s\tmemory_s\tpacked_processor_s\tmemory_processor_s");
            foreach (var row in rows) Console.WriteLine(row);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static string Compare(string what, Action<Batches, int> take, ImageSet packed, ImageSet inMemory, List<string> rows)
    {
        var (one, other) = (Create(packed), Create(inMemory));
        take(one, 0);
        take(other, 0);
        var readings = new List<(Reading Memory, Reading Packed)>();
        for (var pair = 0; pair < Pairs; pair++)
        {
            // In turn, so that a drift favours neither.
            var first = Reading.Of(() => take(pair % 2 == 0 ? one : other, pair));
            var second = Reading.Of(() => take(pair % 2 == 0 ? other : one, pair));
            var (p, m) = pair % 2 == 0 ? (first, second) : (second, first);
            readings.Add((m, p));
            rows.Add($"{what}\t{pair}\t{p.Elapsed:0.0000}\t{m.Elapsed:0.0000}\t{p.Processor:0.0000}\t{m.Processor:0.0000}");
        }
        var (elapsed, processor) = (Times.Of(readings, r => r.Elapsed), Times.Of(readings, r => r.Processor));
        return $"| {what} | {BatchesEach * Batch / elapsed.Other:0} | {elapsed} | {processor} |";

        static Batches Create(ImageSet images) => new(images, Batch, seed: 0, new Augmentation(Padding: 4, Flip: true));
    }

    private static void Load(Batches batches, int epoch)
    {
        foreach (var batch in batches.Epoch(epoch).Take(BatchesEach)) batch.Images.Dispose();
    }

    private static Action<Batches, int> Train()
    {
        var network = Network.Create("tiny-cnn", new InputShape(3, Side, Side), 2, Normalization.None, seed: 0);
        var step = new TrainingStep(network, new Objectives.Standard(), attack: null, new Sgd(network.Parameters, new SgdOptions()))
        {
            Precision = Precision.Auto,
        };
        return (batches, epoch) =>
        {
            foreach (var batch in batches.Epoch(epoch).Take(BatchesEach))
                step.Run(new StepBatch(batch.Images, batch.Labels, Noise.Keyed(0, batch.Samples), Job.LearningRate)).Dispose();
        };
    }

    /// <summary>Noise in two classes, as BMP, which costs nothing to write.</summary>
    private static void WriteImages(string folder)
    {
        const int Head = 54;
        var (random, bmp) = (new Random(1), new byte[Head + 3 * Side * Side]);
        "BM"u8.CopyTo(bmp);
        foreach (var (at, value) in ((int, int)[])[(2, bmp.Length), (10, Head), (14, 40), (18, Side), (22, Side), (26, 1 | (24 << 16))])
            BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(at), value);
        foreach (var name in "ab") Directory.CreateDirectory(Path.Combine(folder, "train", $"{name}"));
        for (var i = 0; i < Images; i++)
        {
            random.NextBytes(bmp.AsSpan(Head));
            File.WriteAllBytes(Path.Combine(folder, "train", i % 2 == 0 ? "a" : "b", $"{i:00000}.bmp"), bmp);
        }
    }
}
