using System.Runtime.CompilerServices;

// libtorch has the cores to itself in every test, and its global generator has one user at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

internal static class BeforeAllTests
{
    // As the program does: libtorch's warnings about what this machine lacks would drown what tests say.
#pragma warning disable CA2255 // a test assembly has no other place that comes first
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void LoadLibTorch() => Arow.LibTorch.Load();
}
