namespace Arow.Tests.Unit.Runtime;

public sealed class ArowRuntimeTests
{
    [Theory, InlineData(0), InlineData(-1), InlineData(LibTorch.MaximumThreads + 1)]
    public void A_number_of_threads_that_cannot_be_is_refused(int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ArowRuntime.Initialize(new RuntimeOptions { Threads = threads }));

    [Fact]
    public void A_second_call_changes_nothing()
    {
        Assert.True(ArowRuntime.IsInitialized);
        ArowRuntime.Initialize(new RuntimeOptions { Threads = BeforeAllTests.Threads + 1, LibTorchFolder = "nowhere" });
        Assert.Equal(BeforeAllTests.Threads, get_num_threads());
    }

    [Fact]
    public void A_new_network_leaves_the_global_generator_as_it_was()
    {
        manual_seed(3);
        using var scope = NewDisposeScope();
        var expected = rand(4);
        manual_seed(3);
        using var network = Arow.Models.Network.Create("tiny-cnn", new(1, 16, 16), 10, Arow.Models.Normalization.None, seed: 7);
        Assert.Equal(expected.data<float>().ToArray(), rand(4).data<float>().ToArray());
    }

    [Fact]
    public void Without_kernels_libtorch_computes_the_same()
    {
        using var scope = NewDisposeScope();
        using var network = Arow.Models.Network.Create("small-cnn-plain", new(1, 28, 28), 10, Arow.Models.Normalization.None, seed: 7);
        var x = rand(8, 1, 28, 28, generator: new Generator(5));
        using var view = network.Fold();
        var with = view.Classifier(x);
        try
        {
            KernelSupport.IsEnabled = false;
            using var plain = network.Fold();
            // Float32 sums of some hundreds of products, in other orders.
            Assert.True((plain.Classifier(x) - with).abs().max().item<float>() <= 1e-5 * with.abs().max().item<float>());
        }
        finally
        {
            KernelSupport.IsEnabled = KernelSupport.IsSupported;
        }
    }
}
