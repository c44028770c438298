using System.Numerics;
using System.Runtime.Intrinsics;
using Arow.Runtime;

namespace Arow.Models.Kernels;

/// <summary>
/// Forward and backward loops of ReLU and 2x2 max pooling, on features [N, rows, columns, channels] read as integers of the
/// same bits: for positive numbers the order is the same, and many are compared at once.
/// </summary>
/// <typeparam name="T"><c>int</c> for float32, <c>short</c> for bfloat16.</typeparam>
/// <param name="n">The number of images.</param>
/// <param name="rows">Rows of an image; a last odd row is ignored, as is a last odd column.</param>
/// <param name="columns">Columns of an image.</param>
/// <param name="channels">A multiple of <see cref="Vector512{T}.Count"/>.</param>
internal sealed unsafe class PoolingWindows<T>(long n, long rows, long columns, long channels)
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    private static readonly int Lanes = Vector512<T>.Count;

    /// <summary>Sign and exponent bits set: of the negative integers only NaN is larger.</summary>
    private static readonly T MinusInfinity = T.MinValue >> 8;

    /// <summary>Computes the maximum of zero and each window of x, to y [N, rows / 2, columns / 2, channels].</summary>
    public void Maxima(T* x, T* y) => ForEachRow((at, to) =>
    {
        for (var end = to + columns / 2 * channels; to < end; at += channels)
        {
            for (var k = 0L; k < channels; k += Lanes, at += Lanes, to += Lanes)
            {
                var (a, b) = (Relu(x + at), Relu(x + at + channels));
                var (c, d) = (Relu(x + at + columns * channels), Relu(x + at + (columns + 1) * channels));
                Vector512.Max(Vector512.Max(a, b), Vector512.Max(c, d)).Store(y + to);
            }
        }
    });

    /// <summary>
    /// Computes dx from the gradient g of the maxima y: the first pixel of each window that equals the maximum gets the
    /// gradient, the others zero. Pixels outside of all windows are not written.
    /// </summary>
    public void Gradient(T* x, T* y, T* g, T* dx) => ForEachRow((at, to) =>
    {
        for (var end = to + columns / 2 * channels; to < end; at += channels)
        {
            for (var k = 0L; k < channels; k += Lanes, at += Lanes, to += Lanes)
            {
                var maximum = Vector512.Load(y + to);
                var remaining = Vector512.Load(g + to) & Vector512.GreaterThan(maximum, Vector512<T>.Zero);
                Assign(at);
                Assign(at + channels);
                Assign(at + columns * channels);
                Assign(at + (columns + 1) * channels);

                void Assign(long pixel)
                {
                    var isMaximum = Vector512.Equals(Relu(x + pixel), maximum);
                    (remaining & isMaximum).Store(dx + pixel);
                    remaining &= ~isMaximum;
                }
            }
        }
    });

    /// <summary>ReLU that keeps NaN.</summary>
    private static Vector512<T> Relu(T* x)
    {
        var v = Vector512.Load(x);
        return v & Vector512.Create(T.MaxValue) & Vector512.GreaterThan(v, Vector512.Create(MinusInfinity));
    }

    /// <summary>Calls the function for each row of windows, with the offset of its upper pixels and of its results.</summary>
    private void ForEachRow(Action<long, long> work)
    {
        var (high, wide) = (rows / 2, columns / 2);
        TorchThreads.ForEach(n, i =>
        {
            for (var row = i * high; row < (i + 1) * high; row++)
                work((row / high * rows + row % high * 2) * columns * channels, row * wide * channels);
        });
    }
}
