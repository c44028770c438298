namespace Arow.Models;

/// <summary>How a network is computed in training and under attack. Reported results are always computed exactly.</summary>
public enum Precision
{
    /// <summary>
    /// For networks of the catalog the fastest form: <see cref="Fast"/> if the hardware has bfloat16, otherwise the same in
    /// float32. <see cref="Exact"/> for other networks, and for those that oneDNN computes incorrectly.
    /// </summary>
    Auto,

    /// <summary>The modules themselves, in float32.</summary>
    Exact,

    /// <summary>
    /// Products in bfloat16, batch norm folded while weights are constant; weights and logits in float32. <see cref="Exact"/>
    /// for networks that oneDNN computes incorrectly.
    /// </summary>
    Fast,
}

internal static class Precisions
{
    /// <summary>The type of products if the network is computed layer by layer; null if its modules are called.</summary>
    public static ScalarType? Products(this Precision precision, Network network) => precision switch
    {
        Precision.Exact => null,
        // Without oneDNN bfloat16 is a hundred times slower with rounded intermediate sums, and channels last gains nothing.
        _ when network.UsesPlainConvolutions => null,
        Precision.Fast => ScalarType.BFloat16,
        _ when !network.CanBeFrozen => null,
        _ => network.Device.type == DeviceType.CUDA || ComputeEnvironment.ProcessorHasBFloat16 ? ScalarType.BFloat16 : ScalarType.Float32,
    };
}
