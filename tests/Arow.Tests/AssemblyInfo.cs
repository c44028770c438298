using System.Reflection;
using System.Runtime.CompilerServices;
using Arow.Models;
using Arow.Tests;
using CsCheck;
using Xunit.v3;

// libtorch has the cores to itself in every test, and its global generator has one user at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: OneDnnAgain]

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
        LibTorch.Load();
        set_num_threads(int.TryParse(Environment.GetEnvironmentVariable("OMP_NUM_THREADS"), out var threads) ? threads : 1);
    }
}

/// <summary>
/// A network that oneDNN gets wrong turns it off for its whole process (<see cref="PlainConvolutions"/>). In this one it would be
/// off in all tests to come, and none of these would see the convolutions that users have.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class OneDnnAgainAttribute : BeforeAfterTestAttribute
{
    /// <inheritdoc/>
    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => PlainConvolutions.AllowOneDnn(true);
}
