using System.Runtime.ExceptionServices;

namespace Arow.Tests;

/// <summary>
/// A thread for which libtorch has two; all others keep their one (<see cref="BeforeAllTests"/>), since TorchSharp's own call would change the
/// number for those to come.
/// </summary>
internal static unsafe class TwoThreads
{
    /// <summary>Runs a test's body on such a thread.</summary>
    public static void Run(Action body)
    {
        Assert.SkipUnless(TorchThreads.AreShared, "libtorch's threads are not GCC's here");
        ExceptionDispatchInfo? fault = null;
        var thread = new Thread(() =>
        {
            // libtorch sets its own number at a thread's first question.
            get_num_threads();
            ((delegate* unmanaged<int, void>)LibTorch.Export("omp_set_num_threads"))(2);
            try
            {
                Assert.Equal(2, get_num_threads());
                body();
            }
            catch (Exception e)
            {
                fault = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        fault?.Throw();
    }
}
