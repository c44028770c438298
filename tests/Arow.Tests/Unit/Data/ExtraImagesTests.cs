using System.IO.Compression;

namespace Arow.Tests.Unit.Data;

/// <summary>Images beside those of a data set: read, mixed in, labelled, and held against the test images.</summary>
[Numeric]
public sealed class ExtraImagesTests
{
    private static readonly string[] Names = ["a", "b", "c"];

    [Fact]
    public void What_Npz_writes_reads_back_and_a_limit_draws_from_it()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var (images, labels) = Made(7, 3, 5, 4);
        Npz.Write(folder.File("x.npz"), images, labels, zeros(7));
        using var all = ExtraImages.Load(folder.File("x.npz"), 3, 5, 4, Names);
        Assert.True((all.Images == images).all().item<bool>());
        Assert.Equal(labels.data<long>().ToArray(), all.Labels!.data<long>().ToArray());

        using var some = ExtraImages.Load(folder.File("x.npz"), 3, 5, 4, Names, limit: 3, seed: 1);
        Assert.Equal(3, some.Images.shape[0]);
        // Each is one of the file's, with its own label.
        for (var i = 0; i < 3; i++)
        {
            var place = (images == some.Images[i]).flatten(1).all(1).nonzero().item<long>();
            Assert.Equal(labels[place].item<long>(), some.Labels![i].item<long>());
            Assert.Equal($"{place}", some.Locations[i]);
        }
    }

    [Theory]
    [InlineData("<i4", 4)]
    [InlineData("|u1", 1)]
    [InlineData("<i8", 8)]
    public void Arrays_of_other_makes_are_read_channels_first_or_last(string type, int bytes)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var (images, _) = Made(4, 3, 5, 4);
        using (var zip = ZipFile.Open(folder.File("y.npz"), ZipArchiveMode.Create))
        {
            // Written out by hand: version 2 of the header, with spaces that NumPy does not put there.
            Put(zip, "data.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (4,3,5,4)}", images.bytes.ToArray());
            Put(zip, "labels.npy", $"{{'descr': '{type}', 'fortran_order': False, 'shape': (4,), }}",
                [.. new byte[] { 2, 0, 1, 2 }.SelectMany(l => (byte[])[l, .. new byte[bytes - 1]])]);
        }
        using var read = ExtraImages.Load(folder.File("y.npz"), 3, 5, 4, Names);
        Assert.True((read.Images == images).all().item<bool>());
        Assert.Equal([2, 0, 1, 2], read.Labels!.data<long>().ToArray());

        static void Put(ZipArchive zip, string name, string header, byte[] content)
        {
            using var stream = zip.CreateEntry(name).Open();
            stream.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 2, 0]);
            stream.Write(BitConverter.GetBytes(header.Length));
            stream.Write(System.Text.Encoding.ASCII.GetBytes(header));
            stream.Write(content);
        }
    }

    [Fact]
    public void What_is_wrong_is_said_with_the_name_of_the_file()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var (images, labels) = Made(4, 3, 5, 4);
        Npz.Write(folder.File("good.npz"), images, labels, zeros(4));
        var bytes = File.ReadAllBytes(folder.File("good.npz"));
        File.WriteAllBytes(folder.File("cut.npz"), bytes[..(bytes.Length / 2)]);
        File.WriteAllText(folder.File("x.pickle"), "");
        File.WriteAllBytes(folder.File("short.bin"), new byte[3072]);
        Directory.CreateDirectory(folder.File("empty"));
        foreach (var (file, height, says) in ((string, int, string)[])[
            ("good.npz", 6, "not 3x6x4"), ("cut.npz", 5, "truncated"), ("none.npz", 5, "neither a file nor"),
            ("x.pickle", 5, "pickle"), ("short.bin", 5, "3x32x32"), ("empty", 5, "has no images")])
        {
            var fault = Assert.Throws<InputException>(() => ExtraImages.Load(folder.File(file), 3, height, 4, Names));
            Assert.Contains(says, fault.Message);
            Assert.Contains(file, fault.Message);
        }
        Assert.Contains("3073", Assert.Throws<InputException>(() => ExtraImages.Load(folder.File("short.bin"), 3, 32, 32, Names)).Message);
        var record = new byte[2 * 3073];
        (record[0], record[1], record[3073]) = (2, 77, 1);
        File.WriteAllBytes(folder.File("good.bin"), record);
        using var cifar = ExtraImages.Load(folder.File("good.bin"), 3, 32, 32, Names);
        Assert.Equal([2, 1], cifar.Labels!.data<long>().ToArray());
        Assert.Equal(["good.bin 0", "good.bin 1"], cifar.Locations);
        Assert.Equal(77, cifar.Images[0, 0, 0, 0].item<byte>());
    }

    [Fact]
    public void Mixed_batches_keep_the_share_go_round_and_begin_anywhere()
    {
        using var scope = NewDisposeScope();
        var (images, labels) = Made(23, 1, 4, 4);
        using var own = new ImageSet("own", images, labels, Names);
        var (moreImages, moreLabels) = Made(9, 1, 4, 4);
        using var extra = new ImageSet("extra", moreImages, moreLabels, Names);
        var batches = new MixedBatches(own, extra, 8, 0.7, seed: 3, Augmentation.None);
        Assert.Equal(3, batches.Count);

        var seen = new List<long>();
        for (var epoch = 0; epoch < 8; epoch++)
        {
            List<long[]> Rows(int first) => [.. batches.Epoch(epoch, first).Select(b => b.Samples.data<long>().ToArray())];
            var whole = Rows(0);
            Assert.Equal(whole[1..], Rows(1));
            foreach (var samples in whole)
            {
                Assert.Equal(8, samples.Length);
                // int(8 · 0.7) = 5 extra ones, as published.
                Assert.Equal(5, samples.Count(s => s >= 1L << 40));
                seen.AddRange(samples.Where(s => s < 1L << 40));
            }
        }
        // 72 of its own are three rounds of 23 and three more: each round has all.
        for (var round = 0; round < 3; round++) Assert.Equal(23, seen.Skip(round * 23).Take(23).Distinct().Count());
        Assert.NotEqual(seen.Take(23), seen.Skip(23).Take(23));
        foreach (var (fraction, extras) in ((double, int)[])[(0, 0), (1, 8)])
        {
            foreach (var batch in new MixedBatches(own, extra, 8, fraction, 3, Augmentation.None).Epoch(0))
                Assert.Equal(extras, batch.Samples.data<long>().Count(s => s >= 1L << 40));
        }
    }

    /// <summary>Both the data set's own images, which go round, and the extra ones come several times in an epoch.</summary>
    [Fact]
    public void Mixed_images_are_varied_anew_each_time_they_come()
    {
        using var scope = NewDisposeScope();
        var (images, labels) = Made(6, 3, 8, 8);
        using var own = new ImageSet("own", images, labels, Names);
        var (moreImages, moreLabels) = Made(2, 3, 8, 8);
        using var extra = new ImageSet("extra", 255 - moreImages, moreLabels, Names);
        // Every image and what becomes of it, which is told apart by its pixels.
        List<(long Sample, string Pixels)> Epoch(Augmentation augmentation, int epoch, int first = 0, long seed = 3) =>
        [
            .. new MixedBatches(own, extra, 2, 0.5, seed, augmentation).Epoch(epoch, first)
                .SelectMany(b => b.Samples.data<long>().ToArray().Zip(MadeFolder.Bytes(b.Images).Chunk(3 * 64 * 4).Select(Convert.ToHexString))),
        ];
        var crop = new Augmentation(2, Flip: true);
        var varied = Enumerable.Range(0, 8).SelectMany(e => Epoch(crop, e)).ToList();
        var plain = Enumerable.Range(0, 8).SelectMany(e => Epoch(Augmentation.None, e)).ToList();
        Assert.Equal(plain.Select(v => v.Sample), varied.Select(v => v.Sample));
        Assert.Equal(8, plain.Distinct().Count());
        // There are fifty ways: of the twelve or so that befall an extra image, and the four of another, few fall together or are none.
        foreach (var group in varied.GroupBy(v => v.Sample))
        {
            Assert.InRange(group.Distinct().Count(), group.Count() * 3 / 4, group.Count());
            Assert.InRange(group.Count(plain.Contains), 0, group.Count() / 3);
        }
        // Nor do those of one epoch.
        var again = Enumerable.Range(0, 8).SelectMany(e => Epoch(crop, e).GroupBy(v => v.Sample).Where(g => g.Count() > 1)).ToList();
        Assert.InRange(again.Count, 8, 16);
        Assert.InRange(again.Count(g => g.Distinct().Count() == 1), 0, 1);
        Assert.Equal(Epoch(crop, 5)[2..], Epoch(crop, 5, first: 1));
        Assert.NotEqual(Epoch(crop, 5), Epoch(crop, 5, seed: 4));
    }

    [Fact]
    public void Test_images_are_found_mirrored_faded_or_noisy_and_others_are_not()
    {
        using var scope = NewDisposeScope();
        using var tests = new Glyphs(Colour: true).Draw(Split.Test, 60);
        using var others = new Glyphs(Colour: true).Draw(Split.Train, 40);
        manual_seed(0);
        var noisy = (tests.Images[11].to(ScalarType.Float32) + 4 * randn(tests.Images[11].shape)).clamp(0, 255).to(ScalarType.Byte);
        var faded = (tests.Images[12].to(ScalarType.Float32) * 0.6f + 50).to(ScalarType.Byte);
        var extra = cat([others.Images, stack([tests.Images[10], noisy, faded, tests.Images[13].flip(2)])]);

        var found = NearDuplicates.Find(extra, tests.Images);
        Assert.Equal([(40, 10, false), (41, 11, false), (42, 12, false), (43, 13, true)], found.Select(d => (d.Extra, d.Test, d.Mirrored)));
        Assert.All(found, d => Assert.InRange(d.Similarity, NearDuplicates.Threshold, 1));
    }

    [Fact]
    public void Pseudo_labels_are_the_most_probable_classes_whatever_the_batch()
    {
        using var scope = NewDisposeScope();
        using var network = Network.Create("tiny-cnn", new InputShape(1, 8, 8), 3, Normalization.None, 0);
        var (images, _) = Made(9, 1, 8, 8);
        var (labels, sure) = PseudoLabels.Predict(network, images, 4);
        using var frozen = no_grad();
        var p = F.softmax(network.ForEvaluation()(ImageSet.ToPixels(images)), 1);
        Assert.Equal(p.argmax(1).data<long>().ToArray(), labels.data<long>().ToArray());
        Reference.AssertClose([.. p.amax([1]).data<float>().Select(v => (double)v)], sure, 1e-6);
    }

    private static (Tensor Images, Tensor Labels) Made(long n, long c, long h, long w) =>
        ((Reference.Image([n, c, h, w], 0.83, 0.4) * 255).round().to(ScalarType.Byte), arange(n, dtype: ScalarType.Int64).remainder(3));
}
