using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Arow.Models.Kernels;

/// <summary>The storage of 32 features of a pixel, loaded as two vectors of float32.</summary>
internal unsafe interface IFeatureVectors
{
    /// <summary>The number of values in the two vectors.</summary>
    const int Lanes = 32;

    /// <summary>Bytes of a feature in memory.</summary>
    static abstract int Size { get; }

    static abstract void Load(byte* from, out Vector512<float> a, out Vector512<float> b);

    static abstract void Store(byte* to, Vector512<float> a, Vector512<float> b);

    /// <summary>Reorders the channels of [.., channels] from memory order to the order of the vectors.</summary>
    static abstract Tensor ToVectorOrder(Tensor x);
}

/// <summary>Float32: one vector holds the first sixteen values, the other the rest.</summary>
internal readonly unsafe struct Float32Features : IFeatureVectors
{
    public static int Size => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* from, out Vector512<float> a, out Vector512<float> b) =>
        (a, b) = (Vector512.Load((float*)from), Vector512.Load((float*)from + 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* to, Vector512<float> a, Vector512<float> b)
    {
        a.Store((float*)to);
        b.Store((float*)to + 16);
    }

    public static Tensor ToVectorOrder(Tensor x) => x.contiguous();
}

/// <summary>Bfloat16, the upper half of float32: one vector holds the even values, the other the odd ones, as pairs share 32 bits.</summary>
internal readonly unsafe struct BFloat16Features : IFeatureVectors
{
    private const uint UpperHalf = 0xFFFF0000;

    public static int Size => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* from, out Vector512<float> a, out Vector512<float> b)
    {
        var pairs = Vector512.Load((uint*)from);
        (a, b) = ((pairs << 16).AsSingle(), (pairs & Vector512.Create(UpperHalf)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* to, Vector512<float> a, Vector512<float> b) =>
        ((RoundToNearestEven(a) >>> 16) | (RoundToNearestEven(b) & Vector512.Create(UpperHalf))).Store((uint*)to);

    public static Tensor ToVectorOrder(Tensor x) => x.reshape([.. x.shape[..^1], -1, 16, 2]).transpose(-1, -2).reshape(x.shape);

    /// <summary>Rounds to nearest even, as libtorch does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> RoundToNearestEven(Vector512<float> x)
    {
        var bits = x.AsUInt32();
        return bits + Vector512.Create(0x7FFFu) + ((bits >>> 16) & Vector512<uint>.One);
    }
}
