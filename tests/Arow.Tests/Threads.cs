using System.Runtime.CompilerServices;
using CsCheck;

namespace Arow.Tests;

/// <summary>
/// Tests run side by side, each on one thread. The cores are busy so, and laws have to: TorchSharp lets go of a number that it
/// passes to libtorch while the call is under way, if another thread's garbage is collected at that moment, and libtorch
/// then reads what is no longer there.
/// </summary>
internal static class Threads
{
#pragma warning disable CA2255 // every test is concerned, wherever it stands
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void One()
    {
        Check.Threads = 1;
        LibTorch.Load();
        set_num_threads(1);
    }
}
