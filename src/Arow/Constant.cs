namespace Arow;

/// <summary>
/// Creates tensors of constants directly on a device: a copy from the host would wait for all pending work of a GPU, and
/// delay the next launch.
/// </summary>
internal static class Constant
{
    /// <summary>Creates an int64 scalar, a tensor without dimensions.</summary>
    public static Tensor Create(long value, Device device) => full([], value, ScalarType.Int64, device);

    /// <summary>Creates a vector of numbers: [N].</summary>
    public static Tensor Create(IReadOnlyList<double> values, ScalarType type, Device device) => device.type == DeviceType.CPU
        ? tensor(values.ToArray(), type, device)
        : cat([.. values.Select(value => full([1], value, type, device))]);
}
