using Arow.Objectives;

namespace Arow.Tests.Docs;

/// <summary>The templates of CONTRIBUTING: the files beside this one, letter for letter, compiled with the tests. They do what they say.</summary>
[Numeric]
public sealed class ContributingTemplates
{
    private static string Folder => Path.Combine(Repository.Root, "tests/Arow.Tests/Docs/Templates");

    [Fact]
    public void Every_block_of_code_is_one_of_them()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "CONTRIBUTING.md"));
        var files = Directory.GetFiles(Folder, "*.cs").Select(File.ReadAllText).ToList();
        var blocks = page.Split("```csharp\n").Skip(1).Select(rest => rest.Split("```\n")[0]).ToList();
        Assert.Equal(files.Order(StringComparer.Ordinal), blocks.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_attack_finds_the_best_point_for_a_linear_classifier()
    {
        using var scope = NewDisposeScope();
        var attack = new MyAttack(new ThreatModel(Norm.Linf, 0.1), Steps: 20);
        var (w, x) = (Reference.Wave([1, 1, 4, 4], 1.3, 0.2), full([1, 1, 4, 4], 0.5, ScalarType.Float64));
        var (forward, noise) = (0, Noise.Keyed(7, zeros(1, ScalarType.Int64)));
        Tensor f(Tensor images)
        {
            forward++;
            var score = (images * w).sum([1, 2, 3]);
            return stack([score, -score], 1);
        }
        var xAdv = attack.Perturb(f, x, zeros(1, ScalarType.Int64), noise);
        // A sign that is right moves every pixel by ε; sums of float64.
        Assert.Equal(0.1 * w.abs().sum().item<double>(), ((x - xAdv) * w).sum().item<double>(), 1e-12);
        Assert.Equal(attack.Passes(classes: 2), 3 * forward);
        var (network, image, y) = (Reference.ToyNetwork(0), Reference.Image([1, 3, 8, 8], 0.83, 0.4), zeros(1, ScalarType.Int64));
        LiveTensors.AssertNoneLeft(() => attack.Perturb(network, image, y, noise).Dispose());
    }

    [Fact]
    public void The_objective_is_its_equation()
    {
        using var scope = NewDisposeScope();
        var (z, zAdv) = (Reference.Wave([3, 4], 1.7, 0.1), Reference.Wave([3, 4], 0.9, 0.7));
        var (x, xAdv, y) = (zeros(1), ones(1), tensor(new long[] { 0, 2, 3 }));
        IObjective objective = new MyObjective(3, 0.1);
        var loss = objective.Loss(images => ReferenceEquals(images, x) ? z : zAdv, x, xAdv, y);
        var kl = Divergence.Kl.Compute(z, zAdv);
        var expected = (Losses.CrossEntropy(z, y, 0.1) + 3 * kl * (1 - z.softmax(1).gather(1, y.unsqueeze(1)).squeeze(1))).mean();
        Assert.Equal(expected.item<double>(), loss.item<double>(), 1e-12);
    }

    [Fact]
    public void The_network_has_the_keys_of_its_fields_and_a_logit_for_each_class()
    {
        using var scope = NewDisposeScope();
        using var network = new MyNetwork(new InputShape(3, 8, 8), classes: 5);
        network.eval();
        var x = Reference.Image([2, 3, 8, 8], 0.83, 0.4).to(ScalarType.Float32);
        Assert.Equal(new long[] { 2, 5 }, network.forward(x).shape);
        Assert.Equal(["bn1.bias", "bn1.num_batches_tracked", "bn1.running_mean", "bn1.running_var", "bn1.weight"],
            network.state_dict().Keys.Where(key => key.StartsWith("bn1", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_data_set_reads_its_file_and_refuses_a_damaged_one_in_one_line()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("train.bin"), [1, .. Enumerable.Repeat((byte)9, 256), 0, .. Enumerable.Range(0, 256).Select(i => (byte)i)]);
        using var images = new MyImages().Load(Split.Train, folder.Path);
        Assert.Equal(new long[] { 2, 1, 16, 16 }, images.Images.shape);
        Assert.Equal([1, 0], images.Labels.data<long>().ToArray());
        Assert.Equal(255, images.Images[1, 0, 15, 15].item<byte>());

        Assert.Contains("test.bin: cannot be read: it does not exist", Refused());
        File.WriteAllBytes(folder.File("test.bin"), new byte[256]);
        Assert.Contains("test.bin: 256 bytes are no number of images", Refused());
        File.WriteAllBytes(folder.File("test.bin"), [2, .. new byte[256]]);
        Assert.Contains("test.bin: label 2 of image 0 is not in the range 0 to 1", Refused());

        string Refused() => Assert.Throws<InputException>(() => new MyImages().Load(Split.Test, folder.Path)).Message;
    }
}
