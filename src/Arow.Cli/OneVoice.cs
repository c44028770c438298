using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Arow.Distributed;
using Arow.IO;

namespace Arow.Cli;

/// <summary>Processes of a launcher that have not met: of several that have the same to say, one says it.</summary>
internal static partial class OneVoice
{
    /// <summary>By how much others may be later; most launchers end all at the first that ends.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.05);

    /// <summary>Says what all processes see, such as a fault of their command line: the first does.</summary>
    /// <param name="sentence">The sentence.</param>
    public static void SayForAll(string sentence)
    {
        if (Launcher.FindAny() is not { Rank: > 0 })
        {
            Messages.Error(sentence);
            return;
        }
        // Nor does this one tell how the launcher ends it.
        Console.SetError(TextWriter.Null);
        Thread.Sleep(LongestDelay);
    }

    /// <summary>
    /// Says what one machine alone may see, such as a missing file: the first process there that has this to say does. It keeps a socket without
    /// a file, named after the launcher and the sentence, for as long as the others may look for it.
    /// </summary>
    /// <param name="sentence">The sentence.</param>
    public static void SayForMachine(string sentence)
    {
        if (Launcher.FindAny() is not { } launcher || !OperatingSystem.IsLinux())
        {
            Messages.Error(sentence);
            return;
        }
        var place = new UnixDomainSocketEndPoint(string.Create(
            CultureInfo.InvariantCulture, $"\0arow-{GetParent()}-{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(sentence)))}"));
        // Those before this one may come later.
        var patience = ProcessJob.TimeBefore(launcher.Rank);
        for (var clock = new WaitingClock(); clock.Read() < patience; Thread.Sleep(Pause))
        {
            if (IsTaken(place)) return;
        }
        using var socket = Create();
        try
        {
            socket.Bind(place);
            socket.Listen();
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return;
        }
        catch (SocketException)
        {
            // Then others say it too.
        }
        Messages.Error(sentence);
        Thread.Sleep(LongestDelay);
    }

    private static bool IsTaken(UnixDomainSocketEndPoint place)
    {
        using var socket = Create();
        try
        {
            socket.Connect(place);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Socket Create() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int GetParent();
}
