using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Arow.Distributed;
using Arow.IO;

namespace Arow.Cli;

/// <summary>
/// Processes of a launcher that have not met: what several of a machine have to say alike, the first of them says. It keeps a socket without a
/// file, named after the launcher and the sentence, for as long as the others may look for it.
/// </summary>
internal static partial class OneVoice
{
    /// <summary>By how much others may be later; most launchers end all at the first that ends.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.05);

    /// <summary>Says a sentence, unless another process does.</summary>
    /// <param name="sentence">The sentence.</param>
    /// <param name="say">Says it.</param>
    public static void Say(string sentence, Action<string> say)
    {
        if (Launcher.FindSize() < 2 || !OperatingSystem.IsLinux())
        {
            say(sentence);
            return;
        }
        var place = new UnixDomainSocketEndPoint(string.Create(
            CultureInfo.InvariantCulture, $"\0arow-{GetParent()}-{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(sentence)))}"));
        // Those before this one may come later.
        var patience = ProcessJob.TimeBefore(Launcher.FindRank());
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
        say(sentence);
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
