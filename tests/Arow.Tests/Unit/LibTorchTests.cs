namespace Arow.Tests;

public sealed class LibTorchTests
{
    [Fact]
    public void Tensors_work_on_this_machine() => Assert.Equal(3, ones(3).sum().item<float>());
}
