namespace Arow.Tests.Unit.Runtime;

[Numeric]
public sealed class LibTorchTests
{
    [Fact]
    public void Tensors_work_on_this_machine() => Assert.Equal(3, ones(3).sum().item<float>());

    [Fact]
    public void The_loadable_copy_of_the_wrapper_differs_from_the_original_in_one_flag()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("the copy is for Linux");
        const byte Weak = 2;
        var original = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so"));
        var copy = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp"));
        Assert.Equal(original.Length, copy.Length);
        var place = Assert.Single(Enumerable.Range(0, copy.Length), i => copy[i] != original[i]);
        Assert.Equal(original[place] | Weak, copy[place]);
    }
}
