namespace Arow.Checkpoints;

/// <summary>A dictionary of a pickle, in its order; of two entries with one name the later counts.</summary>
internal sealed class PickleMap
{
    private readonly Dictionary<string, object?> named = [];

    /// <summary>The entries whose keys are strings. Others, such as the numbers in an optimizer's state, are dropped.</summary>
    public IReadOnlyDictionary<string, object?> Named => named;

    public void Set(object? key, object? value)
    {
        if (key is string name) named[name] = value;
    }
}

/// <summary>A name that a pickle asks for: allowed, and not called yet.</summary>
internal sealed record PickleGlobal(string Name);

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
