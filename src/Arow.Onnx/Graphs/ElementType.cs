namespace Arow.Onnx.Graphs;

/// <summary>Types of elements, numbered as in onnx.proto.</summary>
internal static class ElementType
{
    public const long Float = 1, UInt8 = 2, Int8 = 3, Int16 = 5, Int32 = 6, Int64 = 7, Bool = 9, Float16 = 10, Double = 11, BFloat16 = 16;

    private static readonly string[] Names =
    [
        "undefined type", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double", "uint32", "uint64",
        "complex64", "complex128", "bfloat16", "float8", "float8", "float8", "float8", "uint4", "int4", "float4",
    ];

    /// <summary>The name of a type, for messages.</summary>
    public static string Name(long type) => type >= 0 && type < Names.Length ? Names[type] : $"type {type}";

    /// <summary>The type of libtorch; every floating-point type is that of the computation.</summary>
    /// <exception cref="UnsupportedGraphException">The type is not supported.</exception>
    public static ScalarType ToScalarType(long type, ScalarType real) => type switch
    {
        Float or Float16 or Double or BFloat16 => real,
        UInt8 => ScalarType.Byte,
        Int8 => ScalarType.Int8,
        Int16 => ScalarType.Int16,
        Int32 => ScalarType.Int32,
        Int64 => ScalarType.Int64,
        Bool => ScalarType.Bool,
        _ => throw new UnsupportedGraphException($"tensors of {Name(type)} are not supported"),
    };
}
