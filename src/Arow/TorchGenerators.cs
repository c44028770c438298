namespace Arow;

/// <summary>The generators that torch keeps for itself, one for each device: initial weights and dropout draw from them.</summary>
internal static class TorchGenerators
{
    /// <summary>Begins anew on the CPU and, where that is another, on a device.</summary>
    public static void Seed(long seed, Device device)
    {
        using var generator = manual_seed(seed);
        if (device.type == DeviceType.CUDA) cuda.manual_seed_all(seed);
    }

    /// <summary>Gives the CPU's generator, at the end, the state that it has now: what a caller draws does not depend on what was drawn here.</summary>
    public static IDisposable Preserve() => new PreservedState();

    private sealed class PreservedState : IDisposable
    {
        private readonly Tensor state = get_rng_state().DetachFromDisposeScope();

        public void Dispose()
        {
            set_rng_state(state);
            state.Dispose();
        }
    }
}
