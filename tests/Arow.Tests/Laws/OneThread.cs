using System.Runtime.CompilerServices;
using CsCheck;

namespace Arow.Tests.Laws;

/// <summary>
/// Laws are tried on one thread: TorchSharp lets go of a number that it passes to libtorch while the call is under way, if
/// another thread's garbage is collected at that moment, and libtorch then reads what is no longer there.
/// </summary>
internal static class OneThread
{
#pragma warning disable CA2255 // every law is concerned, wherever it stands
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Set() => Check.Threads = 1;
}
