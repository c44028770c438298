using System.Reflection;
using System.Runtime.CompilerServices;
using Arow.Tests;
using CsCheck;
using Xunit.v3;

// libtorch has the cores to itself in every test, and its global generator has one user at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: SameForEachTest]

namespace Arow.Tests;

internal static class BeforeAllTests
{
    /// <summary>
    /// Each test has one thread of libtorch, or as many as CI asks for. Laws are tried on one: a tensor that lies in no dispose scope may be
    /// finalized during a call, if another thread's garbage is collected at that moment.
    /// </summary>
#pragma warning disable CA2255 // a test assembly has no other place that comes first
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void LoadLibTorch()
    {
        Check.Threads = 1;
        // As the program does: libtorch's warnings about what this machine lacks would drown what tests say.
        ArowRuntime.Initialize();
        set_num_threads(Threads);
    }

    /// <summary>Of libtorch, in each test.</summary>
    internal static int Threads { get; } = int.TryParse(Environment.GetEnvironmentVariable("OMP_NUM_THREADS"), out var threads) ? threads : 1;
}

/// <summary>
/// What a test may leave behind in the process, put back for the next one: a network that oneDNN gets wrong turns it off
/// (<see cref="OneDnnWorkaround"/>), and a command or a training given a number of threads sets libtorch's.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class SameForEachTestAttribute : BeforeAfterTestAttribute
{
    /// <inheritdoc/>
    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        OneDnnWorkaround.AllowOneDnn(true);
        set_num_threads(BeforeAllTests.Threads);
    }
}
