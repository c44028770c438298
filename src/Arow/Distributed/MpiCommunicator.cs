using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Arow.IO;

namespace Arow.Distributed;

/// <summary>
/// The processes that an MPI launcher started, over the MPI library of the system: Open MPI, or MPICH and its kin, found at run time. All
/// calls start without blocking and are waited for with a deadline: a process that was suspended or a cable that was pulled does not hang the job.
/// </summary>
/// <remarks>
/// The two families have the same functions. Handles are addresses of exported objects in Open MPI and 32-bit constants in MPICH; as
/// integers of pointer size both are passed alike, since the callee reads the low half of the register. Memory for messages is this
/// object's and is never freed: after a deadline MPI may still write to it.
/// </remarks>
internal sealed unsafe partial class MpiCommunicator : ICommunicator
{
    /// <summary>Names another MPI library than the one of the launcher's kind.</summary>
    public const string LibraryVariable = "AROW_MPI";

    /// <summary>Seconds to wait for other processes, if not the default.</summary>
    public const string DeadlineVariable = "AROW_MPI_TIMEOUT";

    /// <summary>Bytes of a message. Small messages cost more than their bytes; large ones only memory.</summary>
    private const int MessageSize = 25 << 20;

    private const int Serialized = 2;

    /// <summary>Bytes of a notice: the number of the process, and of the call that it waits in.</summary>
    private const int NoticeSize = 2 * sizeof(long);

    private const int MaximumNamed = 8;

    /// <summary>The tag of notices, the only messages between two processes.</summary>
    private const int NoticeTag = 24;

    /// <summary>A process that has waited for so long in a call tells the others which call it waits in.</summary>
    private static readonly TimeSpan NoticeDelay = TimeSpan.FromSeconds(1);

    private readonly nint world, bytes, anySource;
    private readonly void* statusIgnore;
    private readonly delegate* unmanaged<void*, int, nint, void*, int, nint, nint, nint*, int> allToAll, allGather;
    private readonly delegate* unmanaged<void*, int, nint, int, nint, nint*, int> broadcast;
    private readonly delegate* unmanaged<nint*, int*, void*, int> test;
    private readonly delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> send;
    private readonly delegate* unmanaged<void*, int, nint, nint, int, nint, void*, int> receive;
    private readonly delegate* unmanaged<nint, int, nint, int*, void*, int> probe;
    private readonly delegate* unmanaged<int> finalize;
    private readonly delegate* unmanaged<nint, int, int> abort;
    private readonly delegate* unmanaged<int, byte*, int*, int> errorString;
    private readonly Action<string> lost;

    /// <summary>For each process: the last call that it is known to have waited in, and whether the notice to it is still on its way.</summary>
    private readonly long[] waitedIn;
    private readonly bool[] isUnderWay;
    private readonly nint* requests;
    private readonly long* notice, noticed;
    private string[] hosts = [];
    private byte* sending, receiving;
    private int capacity;

    /// <summary>The number of calls so far, of which all processes make the same.</summary>
    private long call;

    private MpiCommunicator(nint library, string name, TimeSpan deadline, int expected, Action<string> lost)
    {
        (Deadline, this.lost) = (deadline, lost);
        if (NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out world))
        {
            Family = "Open MPI";
            bytes = Export("ompi_mpi_byte");
            anySource = -1;
            statusIgnore = null;
        }
        else
        {
            Family = "MPICH";
            (world, bytes) = (0x44000000, 0x4c00010d);
            anySource = -2;
            statusIgnore = (void*)1;
        }
        allToAll = (delegate* unmanaged<void*, int, nint, void*, int, nint, nint, nint*, int>)Export("MPI_Ialltoall");
        allGather = (delegate* unmanaged<void*, int, nint, void*, int, nint, nint, nint*, int>)Export("MPI_Iallgather");
        broadcast = (delegate* unmanaged<void*, int, nint, int, nint, nint*, int>)Export("MPI_Ibcast");
        test = (delegate* unmanaged<nint*, int*, void*, int>)Export("MPI_Test");
        send = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Export("MPI_Isend");
        receive = (delegate* unmanaged<void*, int, nint, nint, int, nint, void*, int>)Export("MPI_Recv");
        probe = (delegate* unmanaged<nint, int, nint, int*, void*, int>)Export("MPI_Iprobe");
        finalize = (delegate* unmanaged<int>)Export("MPI_Finalize");
        abort = (delegate* unmanaged<nint, int, int>)Export("MPI_Abort");
        errorString = (delegate* unmanaged<int, byte*, int*, int>)Export("MPI_Error_string");

        int level, rank, size;
        using (WatchOver("MPI has not started", $"not all of the {expected} processes have come to their work"))
            Check(((delegate* unmanaged<int*, byte***, int, int*, int>)Export("MPI_Init_thread"))(null, null, Serialized, &level), "MPI_Init_thread");
        Check(((delegate* unmanaged<nint, int*, int>)Export("MPI_Comm_rank"))(world, &rank), "MPI_Comm_rank");
        Check(((delegate* unmanaged<nint, int*, int>)Export("MPI_Comm_size"))(world, &size), "MPI_Comm_size");
        (Rank, Size) = (rank, size);
        const int MaximumText = 8192;
        var text = stackalloc byte[MaximumText];
        Check(((delegate* unmanaged<byte*, int*, int>)Export("MPI_Get_library_version"))(text, &level), "MPI_Get_library_version");
        // "Open MPI v4.1.4, package: …", "MPICH Version:	4.0.2" and further lines.
        var version = (Marshal.PtrToStringUTF8((nint)text) ?? "").Split(['\n', ','])[0].Replace(":", "", StringComparison.Ordinal);
        Description = $"{Printable.Escape(string.Join(' ', version.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))}, {name}";
        (waitedIn, isUnderWay) = (new long[size], new bool[size]);
        requests = (nint*)NativeMemory.AllocZeroed((nuint)size, (nuint)sizeof(nint));
        notice = (long*)NativeMemory.AllocZeroed(2 * NoticeSize);
        noticed = notice + 2;

        nint Export(string name) => NativeLibrary.GetExport(library, name);
    }

    /// <summary>Open MPI, or MPICH for all of its kin.</summary>
    public string Family { get; }

    public int Rank { get; }

    public int Size { get; }

    public string Description { get; }

    /// <summary>The longest time to wait for other processes in one call.</summary>
    public TimeSpan Deadline { get; init; }

    /// <summary>Joins the job of a launcher.</summary>
    /// <param name="launcher">The launcher.</param>
    /// <param name="library">The MPI library; null for one of the launcher's kind.</param>
    /// <param name="lost">
    /// Called by another thread with a sentence when MPI itself does not return within the deadline: must end the process.
    /// </param>
    /// <exception cref="InputException">There is no MPI library, or it is of another kind than the launcher.</exception>
    /// <exception cref="CommunicationException">No answer within the deadline.</exception>
    public static MpiCommunicator Join(Launcher launcher, string? library, Action<string> lost)
    {
        var deadline = ReadDeadline();
        var names = library is { Length: > 0 } ? [library] : launcher.Libraries;
        PrepareLibrary();
        foreach (var name in names)
        {
            if (!NativeLibrary.TryLoad(name, out var handle)) continue;
            if (!NativeLibrary.TryGetExport(handle, "MPI_Init_thread", out _)) throw new InputException($"{name} is not an MPI library");
            var joined = new MpiCommunicator(handle, name, deadline, launcher.Size, lost);
            if (joined.Size == launcher.Size)
            {
                joined.hosts = joined.GatherHosts();
                return joined;
            }
            throw new InputException($"the launcher started {launcher.Size} processes, but {name} ({joined.Family}) sees {joined.Size}: "
                + $"it is of another MPI than the launcher; {LibraryVariable} names the library to use");
        }
        throw new InputException($"a launcher of MPI started {launcher.Size} processes, but {string.Join(" and ", names)} cannot be loaded; "
            + $"{LibraryVariable} names the library to use");
    }

    public void Exchange(ReadOnlySpan<byte> parts, Span<byte> received)
    {
        var (length, largest) = (parts.Length / Size, MessageSize / Size);
        Reserve(Size * Math.Min(length, largest));
        for (var first = 0; first < length; first += largest)
        {
            var count = Math.Min(largest, length - first);
            for (var rank = 0; rank < Size; rank++)
                parts.Slice(rank * length + first, count).CopyTo(new Span<byte>(sending + (nint)rank * count, count));
            nint request = 0;
            Check(allToAll(sending, count, bytes, receiving, count, bytes, world, &request), "MPI_Ialltoall");
            Wait(&request);
            for (var rank = 0; rank < Size; rank++)
                new ReadOnlySpan<byte>(receiving + (nint)rank * count, count).CopyTo(received.Slice(rank * length + first, count));
        }
    }

    public void Gather(ReadOnlySpan<byte> part, Span<byte> received)
    {
        var largest = MessageSize / Size;
        Reserve(Size * Math.Min(part.Length, largest));
        for (var first = 0; first < part.Length; first += largest)
        {
            var count = Math.Min(largest, part.Length - first);
            part.Slice(first, count).CopyTo(new Span<byte>(sending, count));
            nint request = 0;
            Check(allGather(sending, count, bytes, receiving, count, bytes, world, &request), "MPI_Iallgather");
            Wait(&request);
            for (var rank = 0; rank < Size; rank++)
                new ReadOnlySpan<byte>(receiving + (nint)rank * count, count).CopyTo(received.Slice(rank * part.Length + first, count));
        }
    }

    public void Broadcast(Span<byte> values)
    {
        Reserve(Math.Min(values.Length, MessageSize));
        for (var first = 0; first < values.Length; first += MessageSize)
        {
            var part = values.Slice(first, Math.Min(MessageSize, values.Length - first));
            if (Rank == 0) part.CopyTo(new Span<byte>(sending, part.Length));
            nint request = 0;
            Check(broadcast(sending, part.Length, bytes, 0, world, &request), "MPI_Ibcast");
            Wait(&request);
            if (Rank != 0) new ReadOnlySpan<byte>(sending, part.Length).CopyTo(part);
        }
    }

    public IDisposable WatchOver(string what) => WatchOver(what, "another process has ended, is suspended or cut off");

    private Timer WatchOver(string what, string reason)
    {
        var (clock, isLost) = (new WaitingClock(), false);
        return new Timer(_ =>
        {
            if (isLost || clock.Read() <= Deadline) return;
            isLost = true;
            lost($"{what} for {Seconds(Deadline)} s: {reason}");
        }, null, TimeSpan.Zero, WaitingClock.LongestTick / 2);
    }

    public void Leave()
    {
        // First a call with a deadline: MPI_Finalize waits for all processes, and knows none.
        Gather([0], new byte[Size]);
        ReadNotices();
        using (WatchOver("MPI has not ended", $"{DescribeOthers()} did not leave")) Check(finalize(), "MPI_Finalize");
    }

    public void Abort(int exitCode)
    {
        // MPI_Abort itself may not return, if the other processes cannot be reached.
        const int Patience = 3000;
        using var watchdog = new Timer(_ => Process.GetCurrentProcess().Kill(), null, Patience, Timeout.Infinite);
        _ = abort(world, exitCode);
        Environment.Exit(exitCode);
    }

    /// <summary>Waits for a call: MPI makes no progress by itself, and a process that only spins takes the core of another.</summary>
    private void Wait(nint* request)
    {
        const int Spins = 2, Naps = 20;
        call++;
        ReadNotices();
        var (patience, grace) = (Deadline / 4 < NoticeDelay ? Deadline / 4 : NoticeDelay, false);
        var (isAnnounced, end) = (false, Deadline);
        for (var clock = new WaitingClock(); ;)
        {
            int isDone;
            Check(test(request, &isDone, statusIgnore), "MPI_Test");
            if (isDone != 0) return;
            var waited = clock.Read();
            if (!isAnnounced && waited > patience)
            {
                Announce();
                isAnnounced = true;
            }
            if (isAnnounced) ReadNotices();
            if (waited > end && !grace)
            {
                // Others that wait may have come a moment ago: their notices are under way.
                grace = true;
                end += patience + patience;
            }
            else if (waited > end)
            {
                throw new CommunicationException($"no answer from {DescribeSilent()} for {Seconds(Deadline)} s: suspended, cut off or too slow; "
                    + $"{DeadlineVariable} sets another time");
            }
            if (waited.TotalMilliseconds >= Spins) Thread.Sleep(waited.TotalMilliseconds < Naps ? 0 : 1);
        }
    }

    /// <summary>Tells the other processes which call this one waits in, so that they know who does not answer.</summary>
    private void Announce()
    {
        for (var rank = 0; rank < Size; rank++)
        {
            if (rank == Rank) continue;
            int isDone;
            if (isUnderWay[rank]) Check(test(requests + rank, &isDone, statusIgnore), "MPI_Test");
            else isDone = 1;
            // One that never takes them gets no more.
            if (isUnderWay[rank] = isDone == 0) continue;
            (notice[0], notice[1]) = (Rank, call);
            Check(send(notice, NoticeSize, bytes, rank, NoticeTag, world, requests + rank), "MPI_Isend");
            isUnderWay[rank] = true;
        }
    }

    private void ReadNotices()
    {
        while (true)
        {
            int isThere;
            Check(probe(anySource, NoticeTag, world, &isThere, statusIgnore), "MPI_Iprobe");
            if (isThere == 0) return;
            Check(receive(noticed, NoticeSize, bytes, anySource, NoticeTag, world, statusIgnore), "MPI_Recv");
            waitedIn[noticed[0]] = Math.Max(waitedIn[noticed[0]], noticed[1]);
        }
    }

    /// <summary>Names the processes that are not known to wait in this call.</summary>
    private string DescribeSilent()
    {
        List<int> silent = [.. Enumerable.Range(0, Size).Where(rank => rank != Rank && waitedIn[rank] < call)];
        return silent.Count == 0 ? "the network, though all processes wait"
            : silent.Count == Size - 1 && Size > 2 ? DescribeOthers()
            : $"{(silent.Count == 1 ? "process" : "processes")} {string.Join(", ", silent.Take(MaximumNamed).Select(Name))}{(silent.Count > MaximumNamed ? ", …" : "")}";

        string Name(int rank) => hosts.Length == 0 ? $"{rank}" : $"{rank} on {hosts[rank]}";
    }

    private string DescribeOthers() => Size == 2 ? $"process {1 - Rank}" : $"any of the other {Size - 1} processes";

    private string[] GatherHosts()
    {
        const int Length = 64;
        var all = new byte[Size * Length];
        var own = new byte[Length];
        var name = Encoding.UTF8.GetBytes(Environment.MachineName);
        name.AsSpan(0, Math.Min(name.Length, Length)).CopyTo(own);
        Gather(own, all);
        return [.. all.Chunk(Length).Select(host => Encoding.UTF8.GetString(host).TrimEnd('\0'))];
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);

    private void Reserve(int length)
    {
        if (length <= capacity) return;
        // Only between calls, which have ended: the previous memory is in no one's hands.
        NativeMemory.Free(sending);
        NativeMemory.Free(receiving);
        sending = (byte*)NativeMemory.Alloc((nuint)length);
        receiving = (byte*)NativeMemory.Alloc((nuint)length);
        capacity = length;
    }

    private void Check(int code, string call)
    {
        if (code == 0) return;
        const int MaximumText = 8192;
        var text = stackalloc byte[MaximumText];
        int length;
        _ = errorString(code, text, &length);
        throw new CommunicationException($"{call} failed: {Marshal.PtrToStringUTF8((nint)text)}");
    }

    private static TimeSpan ReadDeadline()
    {
        const int Default = 600;
        if (Environment.GetEnvironmentVariable(DeadlineVariable) is not { Length: > 0 } text) return TimeSpan.FromSeconds(Default);
        return double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 1e6 ? TimeSpan.FromSeconds(seconds)
            : throw new InputException($"{DeadlineVariable} '{text}' is not a number of seconds above 0");
    }

    /// <summary>
    /// UCX, below MPICH and Open MPI, takes SIGSEGV when it is loaded, by which .NET learns of null references. The environment of
    /// .NET is a copy that native libraries do not see.
    /// </summary>
    private static void PrepareLibrary()
    {
        if (!OperatingSystem.IsWindows()) _ = SetEnv("UCX_ERROR_SIGNALS", "", 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);
}
