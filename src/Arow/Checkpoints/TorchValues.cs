namespace Arow.Checkpoints;

/// <summary>An object of a class that a TorchScript file defines; what is in it is not looked at.</summary>
internal sealed record PickleObject(string Class);

/// <summary>Where the numbers of tensors lie.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Type">Of its elements.</param>
/// <param name="Count">Of its elements, as the pickle says.</param>
internal sealed record StorageRef(string Key, ScalarType Type, long Count)
{
    /// <summary>In bytes.</summary>
    public long Size => checked(Count * Element);

    private long Element => Type switch
    {
        ScalarType.Float64 or ScalarType.Int64 => 8,
        ScalarType.Float32 or ScalarType.Int32 => 4,
        ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Int16 => 2,
        _ => 1,
    };
}

/// <summary>A tensor of a pickle: a view of a storage, within its bounds.</summary>
internal sealed record TensorRef(StorageRef Storage, long Offset, long[] Shape, long[] Strides);
