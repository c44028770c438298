using System.Globalization;
using System.Runtime.InteropServices;

namespace Arow.Distributed;

/// <summary>
/// NVIDIA's library that sends from card to card, found at run time: what Arow needs of <c>nccl.h</c>. Calls begin their work on the
/// stream of libtorch, CUDA's default one, and return before it is done.
/// </summary>
internal sealed unsafe class Nccl
{
    /// <summary>Bytes of what processes need to meet.</summary>
    public const int IdentifierSize = 128;

    private const string UsualName = "libnccl.so.2";

    /// <summary>The first with <c>ncclSend</c> and <c>ncclRecv</c>.</summary>
    private const int OldestVersion = 2700;

    /// <summary><c>ncclUint8</c>: counts are bytes.</summary>
    private const int Bytes = 1;

    private const nint DefaultStream = 0;

    private readonly delegate* unmanaged<Identifier*, int> getUniqueId;
    private readonly delegate* unmanaged<nint*, int, Identifier, int, int> initRank;
    private readonly delegate* unmanaged<nint, nuint, int, int, nint, nint, int> send, receive;
    private readonly delegate* unmanaged<nint, nint, nuint, int, nint, nint, int> allGather;
    private readonly delegate* unmanaged<int> groupStart, groupEnd;
    private readonly delegate* unmanaged<nint, int> destroy;
    private nint communicator;

    /// <summary>Loads the library.</summary>
    /// <param name="name">Its name or path.</param>
    /// <exception cref="InputException">There is none, or it is too old.</exception>
    public Nccl(string name)
    {
        if (!NativeLibrary.TryLoad(name, out var library)) throw new InputException($"NCCL cannot be loaded: there is no {name}");
        int version;
        Check(((delegate* unmanaged<int*, int>)Export("ncclGetVersion"))(&version), "ncclGetVersion");
        // Since 2.9 with two digits for the second number.
        Version = version < 10000 ? $"{version / 1000}.{version % 1000 / 100}.{version % 100}" : $"{version / 10000}.{version % 10000 / 100}.{version % 100}";
        if (version < OldestVersion) throw new InputException($"{name} is NCCL {Version}, and 2.7 or later is needed");
        getUniqueId = (delegate* unmanaged<Identifier*, int>)Export("ncclGetUniqueId");
        initRank = (delegate* unmanaged<nint*, int, Identifier, int, int>)Export("ncclCommInitRank");
        send = (delegate* unmanaged<nint, nuint, int, int, nint, nint, int>)Export("ncclSend");
        receive = (delegate* unmanaged<nint, nuint, int, int, nint, nint, int>)Export("ncclRecv");
        allGather = (delegate* unmanaged<nint, nint, nuint, int, nint, nint, int>)Export("ncclAllGather");
        groupStart = (delegate* unmanaged<int>)Export("ncclGroupStart");
        groupEnd = (delegate* unmanaged<int>)Export("ncclGroupEnd");
        destroy = (delegate* unmanaged<nint, int>)Export("ncclCommDestroy");

        nint Export(string function) => NativeLibrary.TryGetExport(library, function, out var address) ? address
            : throw new InputException($"{name} is not NCCL: it has no {function}");
    }

    /// <summary>Its version, such as 2.27.3.</summary>
    public string Version { get; }

    /// <summary>Returns the name of the library that a setting asks for; null for none.</summary>
    /// <param name="setting">Of the user: 1 for the usual library, a name or path for another; 0, off or nothing for none.</param>
    public static string? FindName(string? setting) => setting switch
    {
        null or "" or "0" or "off" => null,
        "1" or "on" => UsualName,
        _ => setting,
    };

    /// <summary>Makes the calls of this thread use a card. By CUDA's runtime, in the copy that libtorch has loaded.</summary>
    /// <param name="card">The number of the card, from 0.</param>
    /// <exception cref="InputException">CUDA's runtime is not there.</exception>
    public static void Select(int card)
    {
        var runtime = File.ReadLines("/proc/self/maps").Select(line => line[(line.IndexOf('/', StringComparison.Ordinal) + 1)..])
            .FirstOrDefault(path => path.Contains("/libcudart", StringComparison.Ordinal));
        if (runtime is null || !NativeLibrary.TryLoad($"/{runtime}", out var library)
            || !NativeLibrary.TryGetExport(library, "cudaSetDevice", out var function))
            throw new InputException("the libtorch at hand has no libcudart, by which NCCL is told its card");
        if (((delegate* unmanaged<int, int>)function)(card) is not 0 and var code)
            throw new InputException(string.Create(CultureInfo.InvariantCulture, $"card {card} cannot be selected: error {code} of CUDA"));
    }

    /// <summary>Returns what processes need to meet; for process 0, which sends it to the others.</summary>
    public byte[] CreateIdentifier()
    {
        var identifier = new Identifier();
        Check(getUniqueId(&identifier), "ncclGetUniqueId");
        return new ReadOnlySpan<byte>(&identifier, IdentifierSize).ToArray();
    }

    /// <summary>Meets the other processes, for which it waits without end.</summary>
    /// <param name="rank">The number of this process.</param>
    /// <param name="size">The number of processes.</param>
    /// <param name="identifier">Of <see cref="CreateIdentifier"/> in process 0.</param>
    public void Meet(int rank, int size, ReadOnlySpan<byte> identifier)
    {
        nint joined;
        Check(initRank(&joined, size, MemoryMarshal.Read<Identifier>(identifier), rank), "ncclCommInitRank");
        communicator = joined;
    }

    /// <summary>As <see cref="ICommunicator.Exchange"/>, in the memory of cards.</summary>
    public void Exchange(nint parts, nint received, int size, long length)
    {
        Check(groupStart(), "ncclGroupStart");
        for (var rank = 0; rank < size; rank++)
        {
            Check(send(parts + (nint)(rank * length), (nuint)length, Bytes, rank, communicator, DefaultStream), "ncclSend");
            Check(receive(received + (nint)(rank * length), (nuint)length, Bytes, rank, communicator, DefaultStream), "ncclRecv");
        }
        Check(groupEnd(), "ncclGroupEnd");
    }

    /// <summary>As <see cref="ICommunicator.Gather"/>, in the memory of cards.</summary>
    public void Gather(nint part, nint received, long length) =>
        Check(allGather(part, received, (nuint)length, Bytes, communicator, DefaultStream), "ncclAllGather");

    /// <summary>Leaves the others, when all work is done.</summary>
    public void Leave() => Check(destroy(communicator), "ncclCommDestroy");

    private void Check(int result, string function)
    {
        if (result == 0) return;
        throw new CommunicationException($"NCCL {Version}: {function} failed: " + result switch
        {
            1 => "a call of CUDA failed",
            2 => "a call of the system failed",
            3 => "an error within NCCL",
            4 => "an invalid argument",
            5 => "not possible, as with two processes on one card",
            6 => "another process has ended or cannot be reached",
            7 => "it has not ended",
            8 => "it took too long",
            _ => string.Create(CultureInfo.InvariantCulture, $"error {result}"),
        } + "; NCCL_DEBUG=WARN makes it tell more");
    }

    /// <summary><c>ncclUniqueId</c>, which is passed by value.</summary>
    private struct Identifier
    {
        public fixed byte Bytes[IdentifierSize];
    }
}
