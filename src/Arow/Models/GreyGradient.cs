using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Arow.Models;

/// <summary>
/// The gradient of grey images behind a convolution of stride one: at each pixel the sum of all products of the features that it
/// reached and the weights by which it did.
/// </summary>
/// <typeparam name="T">What the gradient of the features consists of.</typeparam>
/// <param name="features">Rows, columns and channels of the gradient that arrives [N, rows, columns, channels].</param>
/// <param name="kernel">Rows and columns of the kernels.</param>
/// <param name="padding">Rows and columns of zeros that were put on each side of the images.</param>
internal sealed unsafe class GreyGradient<T>(
    (long Rows, long Columns, long Channels) features, (long Rows, long Columns) kernel, (long Rows, long Columns) padding)
    where T : struct, IVectors
{
    /// <summary>Neighbours that are summed at once, so that no addition waits for the one before.</summary>
    private const int Together = 4;

    private readonly long pixel = features.Channels * T.Size;

    /// <summary>Rows and columns of the images.</summary>
    public (long Rows, long Columns) Image { get; } =
        (features.Rows + kernel.Rows - 1 - 2 * padding.Rows, features.Columns + kernel.Columns - 1 - 2 * padding.Columns);

    /// <summary>
    /// The gradient of n images, to dx [n, image rows, image columns], from g [n, rows, columns, channels] and weights [kernel rows,
    /// kernel columns, channels], both ways backwards and these as <see cref="IVectors.Ordered"/> puts them.
    /// </summary>
    public void Sum(long n, byte* g, float* weights, float* dx) => Pixels.ForEachImage(n, i =>
    {
        for (var row = 0L; row < Image.Rows; row++)
            Row(g + i * features.Rows * features.Columns * pixel, weights, row + padding.Rows - kernel.Rows + 1, dx + (i * Image.Rows + row) * Image.Columns);
    });

    /// <summary>A row of pixels. The features that it reached begin at a row that may lie above the first, as columns may beside it.</summary>
    private void Row(byte* g, float* weights, long row, float* dx)
    {
        var done = 0L;
        while (done < Image.Columns)
        {
            var column = done + padding.Columns - kernel.Columns + 1;
            var inside = column >= 0 && column + kernel.Columns + Together - 1 <= features.Columns;
            if (inside) Several(g, weights, row, column, dx + done);
            else dx[done] = One(g, weights, row, column);
            done += inside ? Together : 1;
        }
    }

    private void Several(byte* g, float* weights, long row, long column, float* dx)
    {
        var (a, b, c, d) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        var bottom = Math.Min(features.Rows, row + kernel.Rows);
        for (var r = Math.Max(0, row); r < bottom; r++)
        {
            var at = g + (r * features.Columns + column) * pixel;
            var w = weights + (r - row) * kernel.Columns * features.Channels;
            for (var end = at + kernel.Columns * pixel; at < end; at += 64, w += T.Lanes)
            {
                a = T.Add(a, at, w);
                b = T.Add(b, at + pixel, w);
                c = T.Add(c, at + 2 * pixel, w);
                d = T.Add(d, at + 3 * pixel, w);
            }
        }
        (dx[0], dx[1], dx[2], dx[3]) = (Vector512.Sum(a), Vector512.Sum(b), Vector512.Sum(c), Vector512.Sum(d));
    }

    private float One(byte* g, float* weights, long row, long column)
    {
        var sum = Vector512<float>.Zero;
        var (left, right) = (Math.Max(0, column), Math.Min(features.Columns, column + kernel.Columns));
        var bottom = Math.Min(features.Rows, row + kernel.Rows);
        for (var r = Math.Max(0, row); r < bottom; r++)
        {
            var at = g + (r * features.Columns + left) * pixel;
            var w = weights + ((r - row) * kernel.Columns + left - column) * features.Channels;
            for (var end = at + (right - left) * pixel; at < end; at += 64, w += T.Lanes) sum = T.Add(sum, at, w);
        }
        return Vector512.Sum(sum);
    }
}

/// <summary>Vectors of 64 bytes of a type of numbers.</summary>
internal unsafe interface IVectors
{
    /// <summary>Bytes of a number.</summary>
    static abstract int Size { get; }

    /// <summary>Numbers of a vector.</summary>
    static abstract int Lanes { get; }

    /// <summary>sum plus the products of a vector's numbers and as many weights.</summary>
    static abstract Vector512<float> Add(Vector512<float> sum, byte* numbers, float* weights);

    /// <summary>Weights [.., channels] in the order in which <see cref="Add"/> takes those of a vector.</summary>
    static abstract Tensor Ordered(Tensor weights);
}

/// <summary>Sixteen numbers in float32.</summary>
internal readonly unsafe struct Float32Vectors : IVectors
{
    public static int Size => 4;

    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> sum, byte* numbers, float* weights) =>
        Vector512.FusedMultiplyAdd(Vector512.Load((float*)numbers), Vector512.Load(weights), sum);

    public static Tensor Ordered(Tensor weights) => weights;
}

/// <summary>Thirty-two numbers in bfloat16, which are the upper halves of float32: of each pair first the one that lies first.</summary>
internal readonly unsafe struct BFloat16Vectors : IVectors
{
    public static int Size => 2;

    public static int Lanes => 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> sum, byte* numbers, float* weights)
    {
        var pairs = Vector512.Load((uint*)numbers);
        sum = Vector512.FusedMultiplyAdd((pairs << 16).AsSingle(), Vector512.Load(weights), sum);
        return Vector512.FusedMultiplyAdd((pairs & Vector512.Create(0xFFFF0000)).AsSingle(), Vector512.Load(weights + 16), sum);
    }

    public static Tensor Ordered(Tensor weights) => weights.reshape([.. weights.shape[..^1], -1, 16, 2]).transpose(-1, -2);
}
