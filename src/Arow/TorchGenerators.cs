namespace Arow;

/// <summary>The generators that torch keeps for itself, one for each device: dropout draws from them.</summary>
internal static class TorchGenerators
{
    /// <summary>Begins anew on the CPU and, where that is another, on a device.</summary>
    public static void Seed(long seed, Device device)
    {
        using var generator = manual_seed(seed);
        if (device.type == DeviceType.CUDA) cuda.manual_seed_all(seed);
    }
}
