namespace Arow;

/// <summary>
/// Numbers as tensors on a device, made there: copying them from the host would wait for all that a GPU has still to do,
/// and so would the next launch.
/// </summary>
internal static class Constant
{
    /// <summary>A whole number: a tensor without dimensions.</summary>
    public static Tensor Of(long value, Device device) => full([], value, ScalarType.Int64, device);

    /// <summary>One number after the other: [N].</summary>
    public static Tensor Of(IReadOnlyList<double> values, ScalarType type, Device device) => device.type == DeviceType.CPU
        ? tensor(values.ToArray(), type, device)
        : cat([.. values.Select(value => full([1], value, type, device))]);
}
