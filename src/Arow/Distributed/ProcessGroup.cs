using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Arow.Distributed;

/// <summary>
/// The processes that train together; one alone by default. All of them make the same calls in the same order: what decides about a
/// call must be the same everywhere, never a clock, a file or a signal of one of them.
/// </summary>
/// <remarks>
/// Sums are taken in the order of the ranks, each element by one process, which sends it to the others: all have the same bits, with every MPI,
/// and they are those of one process that adds the same parts one after the other.
/// </remarks>
internal sealed class ProcessGroup(ICommunicator communicator)
{
    private const double Working = 0, Done = 1, Failed = 2;

    /// <summary>Between two signs of life of process 0 while the others wait for it: far below any deadline.</summary>
    private static readonly TimeSpan SignInterval = TimeSpan.FromMilliseconds(200);

    private byte[] sendingBuffer = [], receivingBuffer = [];
    private CardCommunicator? cards;

    /// <summary>One process.</summary>
    public static ProcessGroup Single { get; } = new(new SingleProcess());

    /// <summary>The number of this process, from 0.</summary>
    public int Rank => communicator.Rank;

    /// <summary>The number of processes.</summary>
    public int Size => communicator.Size;

    /// <summary>The number of this process among those on its machine, from 0.</summary>
    public int LocalRank { get; init; }

    /// <summary>What connects them, with its version.</summary>
    public string Description => cards is null ? communicator.Description : $"{communicator.Description}; sums by {cards.Description}";

    /// <summary>What sums of tensors go through.</summary>
    public string Sums => cards?.Description ?? "the host";

    /// <summary>Whether there is only this process.</summary>
    public bool IsSingle => Size == 1;

    /// <summary>Whether this is process 0, which alone writes files and reports.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>Whether <see cref="Together"/> has failed: all processes know.</summary>
    public bool HasFailedTogether { get; private set; }

    /// <summary>Whether this process has left the job.</summary>
    public bool HasLeft { get; private set; }

    /// <summary>Joins the job of a launcher.</summary>
    /// <param name="launcher">The launcher.</param>
    /// <param name="lost">As in <see cref="MpiCommunicator.Join"/>.</param>
    /// <exception cref="InputException">The MPI library does not fit.</exception>
    /// <exception cref="CommunicationException">No answer within the deadline.</exception>
    public static ProcessGroup Join(Launcher launcher, Action<string> lost) =>
        new(MpiCommunicator.Join(launcher, Environment.GetEnvironmentVariable(MpiCommunicator.LibraryVariable), lost))
        {
            LocalRank = launcher.LocalRank,
        };

    /// <summary>Lets sums of tensors go from card to card, if that is asked for. All processes call it.</summary>
    /// <param name="device">The device of this process.</param>
    /// <exception cref="InputException">There is no library that can be used, or processes share a card.</exception>
    public void JoinCards(Device device)
    {
        if (!IsSingle) cards = CardCommunicator.Join(this, communicator, device);
    }

    /// <summary>Adds up tensors of all processes, in place.</summary>
    /// <param name="tensors">Of the same shapes and types in all processes; float32 or float64.</param>
    public void Sum(IReadOnlyList<Tensor> tensors)
    {
        if (IsSingle) return;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var group in tensors.GroupBy(t => t.dtype).OrderBy(g => g.Key))
        {
            if (group.Key == ScalarType.Float64) Sum<double>([.. group]);
            else Sum<float>([.. group]);
        }
    }

    private void Sum<T>(IReadOnlyList<Tensor> tensors) where T : unmanaged, INumber<T>
    {
        if (cards is not null && cards.Holds(tensors))
        {
            cards.Sum<T>(tensors);
            return;
        }
        var count = (int)tensors.Sum(t => t.numel());
        var length = (count + Size - 1) / Size;
        var sending = Buffer<T>(ref sendingBuffer, Size * length);
        var receiving = Buffer<T>(ref receivingBuffer, Size * length);
        var at = 0;
        foreach (var tensor in tensors)
        {
            var values = tensor.detach().cpu().contiguous();
            MemoryMarshal.Cast<byte, T>(values.bytes).CopyTo(sending[at..]);
            at += (int)values.numel();
        }
        communicator.Exchange(MemoryMarshal.AsBytes(sending), MemoryMarshal.AsBytes(receiving));
        var sum = receiving[..length];
        for (var rank = 1; rank < Size; rank++) Add(sum, receiving.Slice(rank * length, length));
        communicator.Gather(MemoryMarshal.AsBytes(sum), MemoryMarshal.AsBytes(sending));
        at = 0;
        foreach (var tensor in tensors)
        {
            var values = empty(tensor.shape, tensor.dtype, device: CPU);
            var numbers = (int)tensor.numel();
            MemoryMarshal.AsBytes(sending.Slice(at, numbers)).CopyTo(values.bytes);
            tensor.copy_(values);
            at += numbers;
        }
    }

    /// <summary>Returns the tensors of all processes, in their order: [processes, …], on the device of the own.</summary>
    /// <param name="tensor">Of the same shape and type in all processes.</param>
    public Tensor Gather(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var own = tensor.detach().cpu().contiguous();
        var all = empty([Size, .. own.shape], own.dtype, device: CPU);
        communicator.Gather(own.bytes, all.bytes);
        return all.to(tensor.device).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Adds up the gradients of all processes. A process without images in a step has none of its own; a parameter without any in all
    /// processes has none afterwards.
    /// </summary>
    /// <param name="parameters">The same in all processes.</param>
    public void SumGradients(IReadOnlyList<TorchSharp.Modules.Parameter> parameters)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var trained = parameters.Where(p => p.requires_grad).ToList();
        using var present = torch.tensor(trained.Select(p => p.grad is null ? 0f : 1f).ToArray(), device: parameters[0].device);
        foreach (var parameter in trained.Where(p => p.grad is null)) parameter.grad = zeros_like(parameter).detach();
        Sum([.. trained.Select(p => p.grad!), present]);
        foreach (var (parameter, count) in trained.Zip(present.cpu().data<float>().ToArray()))
        {
            if (count == 0) parameter.grad = null;
        }
    }

    /// <summary>Returns numbers of all processes: [rank][number].</summary>
    /// <param name="numbers">As many in all processes.</param>
    public double[][] Gather(params double[] numbers)
    {
        var all = new double[Size * numbers.Length];
        communicator.Gather(MemoryMarshal.AsBytes(numbers.AsSpan()), MemoryMarshal.AsBytes(all.AsSpan()));
        return [.. all.Chunk(numbers.Length)];
    }

    /// <summary>Returns whether something is so in any process.</summary>
    public bool Any(bool here) => IsSingle ? here : Gather(here ? 1 : 0).Any(there => there[0] != 0);

    /// <summary>Returns the text of process 0.</summary>
    /// <param name="text">Evaluated in process 0 only.</param>
    public string Broadcast(Func<string> text)
    {
        if (IsSingle) return text();
        var bytes = IsFirst ? Encoding.UTF8.GetBytes(text()) : [];
        var length = BitConverter.GetBytes(bytes.Length);
        communicator.Broadcast(length);
        if (!IsFirst) bytes = new byte[BitConverter.ToInt32(length)];
        communicator.Broadcast(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Copies a tensor of process 0 to the others, in place.</summary>
    public void Broadcast(Tensor tensor)
    {
        if (IsSingle) return;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var values = tensor.detach().cpu().contiguous();
        communicator.Broadcast(values.bytes);
        if (!IsFirst) tensor.copy_(values);
    }

    /// <summary>
    /// Does in all processes what can fail in some. If it fails anywhere, it fails everywhere: the first process that it failed in has
    /// its exception, the others have an <see cref="OtherProcessException"/>, and all may leave.
    /// </summary>
    /// <param name="work">Makes no calls of this group.</param>
    public T Together<T>(Func<T> work)
    {
        if (IsSingle) return work();
        var (result, fault) = (default(T), (InputException?)null);
        try
        {
            result = work();
        }
        catch (InputException e)
        {
            fault = e;
        }
        var first = Array.FindIndex(Gather(fault is null ? 0 : 1), failed => failed[0] != 0);
        if (first < 0) return result!;
        (result as IDisposable)?.Dispose();
        HasFailedTogether = true;
        throw first != Rank ? new OtherProcessException(first) : IsFirst ? fault! : new InputException(Attribute(fault!.Message), fault);
    }

    /// <summary>
    /// Does work in process 0, for however long it takes: it gives signs of life to the others, which wait. If it fails with an
    /// <see cref="InputException"/>, it fails in all.
    /// </summary>
    /// <param name="work">Makes no calls of this group.</param>
    /// <exception cref="OtherProcessException">It has failed in process 0, and this is another.</exception>
    public void InFirst(Action work)
    {
        if (IsSingle)
        {
            work();
            return;
        }
        if (!IsFirst)
        {
            double sign;
            while ((sign = Gather(Working)[0][0]) == Working) ;
            if (sign == Done) return;
            HasFailedTogether = true;
            throw new OtherProcessException(0);
        }
        var lost = (Exception?)null;
        using var ended = new ManualResetEventSlim();
        // Calls are made by one thread at a time, which is all that MPI is asked for.
        var signs = new Thread(() =>
        {
            try
            {
                while (!ended.Wait(SignInterval)) Gather(Working);
            }
            catch (CommunicationException e)
            {
                lost = e;
            }
        })
        { IsBackground = true };
        signs.Start();
        var fault = (InputException?)null;
        try
        {
            work();
        }
        catch (InputException e)
        {
            fault = e;
        }
        finally
        {
            ended.Set();
            signs.Join();
        }
        if (lost is not null) throw lost;
        Gather(fault is null ? Done : Failed);
        if (fault is null) return;
        HasFailedTogether = true;
        throw fault;
    }

    /// <summary>
    /// Does work in process 0 and, when that is done, other work in the others: process 0 starts what they join. If either fails anywhere, all
    /// fail as in <see cref="Together"/>; otherwise the processes leave the job, and go on without exchanging anything.
    /// </summary>
    /// <param name="first">The work of process 0.</param>
    /// <param name="others">The work of each other process.</param>
    public T StartThenJoin<T>(Func<T> first, Func<T> others) where T : class
    {
        var started = Together(() => IsFirst ? first() : null);
        if (IsSingle) return started!;
        var result = Together(() => started ?? others());
        Leave();
        return result;
    }

    /// <summary>Whether a text is the same in all processes.</summary>
    public bool IsSame(string text)
    {
        // What a double holds exactly.
        const int Bits = 52;
        var hash = (double)(BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text))) >> (64 - Bits));
        return IsSingle || Gather(hash).All(other => other[0] == hash);
    }

    /// <summary>Names this process in a message that only it reports.</summary>
    public string Attribute(string message) => IsSingle ? message : $"process {Rank} of {Size}: {message}";

    /// <summary>Leaves the job, which is done.</summary>
    public void Leave()
    {
        if (!HasLeft)
        {
            cards?.Leave();
            communicator.Leave();
        }
        HasLeft = !IsSingle;
    }

    /// <summary>Ends all processes at once, this one included.</summary>
    public void Abort(int exitCode) => communicator.Abort(exitCode);

    /// <summary>Returns memory of a length, the same as before where it was as long.</summary>
    private static Span<T> Buffer<T>(ref byte[] buffer, int length) where T : unmanaged
    {
        var bytes = length * Marshal.SizeOf<T>();
        if (buffer.Length != bytes) buffer = new byte[bytes];
        return MemoryMarshal.Cast<byte, T>(buffer.AsSpan());
    }

    private static void Add<T>(Span<T> sum, ReadOnlySpan<T> more) where T : unmanaged, INumber<T>
    {
        var sums = MemoryMarshal.Cast<T, Vector<T>>(sum);
        var parts = MemoryMarshal.Cast<T, Vector<T>>(more);
        for (var i = 0; i < sums.Length; i++) sums[i] += parts[i];
        for (var i = sums.Length * Vector<T>.Count; i < sum.Length; i++) sum[i] += more[i];
    }
}

/// <summary>Another process of the job has failed and reports why.</summary>
internal sealed class OtherProcessException(int rank) : Exception($"process {rank} failed");
