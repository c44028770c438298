namespace Arow.Faults.Files;

/// <summary>Arrays as NumPy puts them into a pickle.</summary>
internal static class NumpyPickle
{
    /// <summary>An array with the numbers of a tensor.</summary>
    public static Called Array(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var whole = tensor.detach().cpu().contiguous();
        return Array(whole.dtype switch { ScalarType.Float32 => "f4", ScalarType.Float64 => "f8", ScalarType.Int64 => "i8", _ => throw new ArgumentException($"{whole.dtype}") },
            "<", [.. whole.shape.Cast<object?>()], whole.bytes.ToArray());
    }

    /// <summary>An array of the parts that are given, which need not fit.</summary>
    public static Called Array(object? type, object? order, object?[] shape, object? content, object? isFortran = null, string module = "numpy.core.multiarray") =>
        new(module, "_reconstruct", [new Named("numpy", "ndarray"), new object?[] { 0L }, "b"u8.ToArray()])
        {
            State = [1, shape, new Called("numpy", "dtype", [type, false, true]) { State = [3, order, null, null, null, -1, -1, 0] }, isFortran ?? false, content],
        };
}
