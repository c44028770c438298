namespace Arow.Checkpoints;

/// <summary>A reference to the storage of tensors.</summary>
/// <param name="Key">Name in the file.</param>
/// <param name="Type">Data type of the elements.</param>
/// <param name="Count">Number of elements, as declared in the pickle.</param>
internal sealed record StorageRef(string Key, ScalarType Type, long Count)
{
    /// <summary>The numbers, if they lie in the pickle itself; null if they are beside it.</summary>
    public StoredNumbers? Content { get; init; }

    /// <summary>Size in bytes.</summary>
    public long Size => checked(Count * ElementSize(Type));

    /// <summary>Size of an element in bytes.</summary>
    public static long ElementSize(ScalarType type) => type switch
    {
        ScalarType.ComplexFloat64 => 16,
        ScalarType.Float64 or ScalarType.Int64 or ScalarType.ComplexFloat32 => 8,
        ScalarType.Float32 or ScalarType.Int32 => 4,
        ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Int16 => 2,
        _ => 1,
    };
}

/// <summary>A tensor of a pickle: a view within the bounds of a storage.</summary>
internal sealed record TensorRef(StorageRef Storage, long Offset, long[] Shape, long[] Strides);
