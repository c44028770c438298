namespace Arow.Runtime;

/// <summary>torch's global generators, one for each device: initial weights and dropout draw from them.</summary>
internal static class TorchGenerators
{
    /// <summary>Seeds the generators of the CPU and, if it is another, of a device.</summary>
    public static void Seed(long seed, Device device)
    {
        using var generator = manual_seed(seed);
        if (device.type == DeviceType.CUDA) cuda.manual_seed_all(seed);
    }

    /// <summary>Restores the current state of the CPU's generator on disposal, so that draws in between do not affect the caller's.</summary>
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
