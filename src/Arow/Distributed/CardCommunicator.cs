using System.Numerics;

namespace Arow.Distributed;

/// <summary>
/// Sums between the cards of the processes of one job, over NCCL, in the order of the ranks: the bits are those of sums through the host.
/// </summary>
/// <remarks>
/// What NCCL has begun ends with the process only, if another is gone. So all meet before each sum by MPI, which names whoever does not come,
/// and a sum that is not done within the deadline ends the process.
/// </remarks>
internal sealed class CardCommunicator
{
    /// <summary>Asks for NCCL, and may name the library.</summary>
    public const string LibraryVariable = "AROW_NCCL";

    private readonly ICommunicator processes;
    private readonly Nccl library;
    private readonly DeviceType type;

    private CardCommunicator(ICommunicator processes, Nccl library, DeviceType type) =>
        (this.processes, this.library, this.type) = (processes, library, type);

    /// <summary>What carries the numbers, with its version.</summary>
    public string Description => $"NCCL {library.Version}";

    /// <summary>Joins the cards of processes, if the first of them is asked to; null if not.</summary>
    /// <param name="group">The processes, which all make this call.</param>
    /// <param name="processes">What connects them.</param>
    /// <param name="device">The device of this process.</param>
    /// <exception cref="InputException">There is no library that can be used, or processes share a card.</exception>
    public static CardCommunicator? Join(ProcessGroup group, ICommunicator processes, Device device)
    {
        if (Nccl.FindName(group.Broadcast(() => Environment.GetEnvironmentVariable(LibraryVariable) ?? "")) is not { } name) return null;
        var library = group.Together(() =>
        {
            if (device.type == DeviceType.CUDA)
            {
                if (group.LocalRank >= cuda.device_count())
                    throw new InputException($"processes share a card, and NCCL needs one for each; {LibraryVariable}=off sums by the host");
                Nccl.Select(group.LocalRank);
            }
            return new Nccl(name);
        });
        var version = group.Broadcast(() => library.Version);
        group.Together(() => library.Version == version ? version
            : throw new InputException($"NCCL {library.Version} is not that of process 0, {version}"));
        var identifier = group.IsFirst ? library.CreateIdentifier() : new byte[Nccl.IdentifierSize];
        processes.Broadcast(identifier);
        using (processes.WatchOver("NCCL has not joined the cards of all processes"))
            library.Meet(processes.Rank, processes.Size, identifier);
        return new(processes, library, device.type);
    }

    /// <summary>Whether these can be summed here.</summary>
    public bool Holds(IEnumerable<Tensor> tensors) => tensors.All(tensor => tensor.device_type == type);

    /// <summary>Adds up tensors of all processes, in place.</summary>
    /// <param name="tensors">As in <see cref="ProcessGroup.Sum"/>; of the type of a number.</param>
    public void Sum<T>(IReadOnlyList<Tensor> tensors) where T : unmanaged, INumber<T>
    {
        var size = processes.Size;
        var count = tensors.Sum(t => t.numel());
        var length = (count + size - 1) / size;
        var flat = cat([.. tensors.Select(t => t.detach().reshape(-1)), tensors[0].new_zeros(size * length - count)]);
        var received = empty_like(flat);
        processes.Gather([0], new byte[size]);
        using (processes.WatchOver("the cards of the processes have not ended a sum"))
        {
            var bytes = length * flat.element_size();
            library.Exchange(Address(flat), Address(received), size, bytes);
            var sum = received.narrow(0, 0, length);
            for (var rank = 1; rank < size; rank++) sum.add_(received.narrow(0, rank * length, length));
            library.Gather(Address(received), Address(flat), bytes);
            // Waits for what is under way on the card.
            _ = flat.narrow(0, 0, 1).cpu();
        }
        long at = 0;
        foreach (var tensor in tensors)
        {
            tensor.copy_(flat.narrow(0, at, tensor.numel()).view(tensor.shape));
            at += tensor.numel();
        }

        static nint Address(Tensor tensor) => tensor.storage<T>().data_ptr();
    }

    /// <summary>Leaves the others.</summary>
    public void Leave()
    {
        using (processes.WatchOver("NCCL has not ended")) library.Leave();
    }
}
