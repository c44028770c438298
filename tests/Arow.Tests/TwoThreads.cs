using System.Runtime.ExceptionServices;

namespace Arow.Tests;

/// <summary>
/// A thread for which libtorch has two, as every one that it begins to work on meanwhile; the next test has its usual number again.
/// </summary>
internal static class TwoThreads
{
    /// <summary>Runs a test's body on such a thread.</summary>
    public static void Run(Action body)
    {
        Assert.SkipUnless(TorchThreads.AreShared, "libtorch's threads are not GCC's here");
        ExceptionDispatchInfo? fault = null;
        var thread = new Thread(() =>
        {
            try
            {
                set_num_threads(2);
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
