namespace Arow.Models;

/// <summary>In what form a network is computed while it is trained and attacked. What is reported is always measured exactly.</summary>
public enum Precision
{
    /// <summary>
    /// For networks of the Catalog the fastest that the machine has: <see cref="Fast"/> where it has bfloat16, else the same in float32.
    /// <see cref="Exact"/> for others, and for those that oneDNN cannot be asked to compute.
    /// </summary>
    Auto,

    /// <summary>The modules as they are, in float32.</summary>
    Exact,

    /// <summary>
    /// Products in bfloat16, batch norm folded where weights stand still; weights and logits in float32. <see cref="Exact"/> for networks that
    /// oneDNN cannot be asked to compute.
    /// </summary>
    Fast,
}

internal static class Precisions
{
    /// <summary>The type of products where the network is computed layer by layer; null where its modules are called.</summary>
    public static ScalarType? Products(this Precision precision, Network network) => precision switch
    {
        Precision.Exact => null,
        // Without oneDNN bfloat16 is a hundred times slower and sums are rounded on the way; other orders of memory than the modules' own bring nothing.
        _ when network.UsesPlainConvolutions => null,
        Precision.Fast => ScalarType.BFloat16,
        _ when !network.CanBeFrozen => null,
        _ => network.Device.type == DeviceType.CUDA || ComputeEnvironment.ProcessorHasBFloat16 ? ScalarType.BFloat16 : ScalarType.Float32,
    };
}
