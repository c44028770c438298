using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Arow.Runtime;

namespace Arow.Models.Kernels;

/// <summary>
/// Forward and backward loops of a convolution of grey images at stride one, with or without ReLU. Features are
/// [N, rows, columns, channels]; weights [kernel rows, kernel columns, channels], a bias [channels] and their gradients
/// have channels in the order of <see cref="IFeatureVectors.ToVectorOrder"/>.
/// </summary>
internal unsafe interface IGreyLoops
{
    /// <summary>Computes the features y of n images x [n, rows, columns].</summary>
    void Forward(long n, float* x, float* weights, float* bias, byte* y);

    /// <summary>
    /// Computes the gradient dx of the images from the gradient g of the features and, with ReLU, the features y. The weights
    /// are those of the forward pass with rows and columns flipped.
    /// </summary>
    void BackwardInput(long n, byte* g, byte* y, float* weights, float* dx);

    /// <summary>Adds the gradients of weights and bias for some of the images.</summary>
    /// <param name="first">The first image.</param>
    /// <param name="end">The image after the last.</param>
    /// <param name="x">All images.</param>
    /// <param name="g">The gradient of all features, as in <see cref="BackwardInput"/>.</param>
    /// <param name="y">All features, likewise.</param>
    /// <param name="dw">The gradient of the weights; added to.</param>
    /// <param name="db">The gradient of the bias; added to.</param>
    void BackwardWeight(long first, long end, float* x, byte* g, byte* y, float* dw, float* db);
}

/// <summary>Loops over pixels, four neighbours at a time so that no addition waits for the previous one.</summary>
/// <typeparam name="T">The storage type of features.</typeparam>
internal sealed unsafe class GreyLoops<T>(GreyShape shape, bool rectified) : IGreyLoops where T : struct, IFeatureVectors
{
    private const int Neighbours = 4;

    private readonly long imageSize = shape.Rows * shape.Columns;
    private readonly long featureSize = shape.FeatureRows * shape.FeatureColumns * shape.Channels * T.Size;

    private readonly long paddedColumns = shape.Columns + 2 * shape.PaddingColumns + Neighbours - 1;

    public void Forward(long n, float* x, float* weights, float* bias, byte* y) => TorchThreads.ForEach(n, i =>
    {
        using var padded = AllocatePadded();
        Pad(x + i * imageSize, padded);
        var to = y + i * featureSize;
        for (var row = 0L; row < shape.FeatureRows; row++)
        {
            for (var column = 0L; column < shape.FeatureColumns; column += Neighbours)
            {
                for (var channel = 0L; channel < shape.Channels; channel += IFeatureVectors.Lanes)
                {
                    ComputeFeatures(padded.Pointer + row * paddedColumns + column, weights + channel, bias + channel,
                        to + ((row * shape.FeatureColumns + column) * shape.Channels + channel) * T.Size, shape.FeatureColumns - column);
                }
            }
        }
    });

    public void BackwardInput(long n, byte* g, byte* y, float* weights, float* dx) => TorchThreads.ForEach(n, i =>
    {
        // The rows of features that a row of pixels affects, with zeros on both sides: a ring buffer of the last few rows.
        var width = (shape.FeatureColumns + 2 * (shape.KernelColumns - 1) + Neighbours - 1) * shape.Channels;
        using var scratch = new ZeroedBuffer(shape.KernelRows * width);
        var affectedRows = stackalloc float*[(int)shape.KernelRows];
        var rows = scratch.Pointer;
        var ready = 0L;
        for (var row = 0L; row < shape.Rows; row++)
        {
            var above = row + shape.PaddingRows - shape.KernelRows + 1;
            var (first, end) = (Math.Max(0, above), Math.Min(row + shape.PaddingRows + 1, shape.FeatureRows));
            for (; ready < end; ready++)
            {
                var at = i * featureSize + ready * shape.FeatureColumns * shape.Channels * T.Size;
                Unpack(g + at, rectified ? y + at : null, rows + ready % shape.KernelRows * width + (shape.KernelColumns - 1) * shape.Channels);
            }
            for (var r = first; r < end; r++) affectedRows[r - first] = rows + r % shape.KernelRows * width;
            for (var column = 0L; column < shape.Columns; column += Neighbours)
            {
                ComputeInputGradient(affectedRows, end - first, (column + shape.PaddingColumns) * shape.Channels,
                    weights + (first - above) * shape.KernelColumns * shape.Channels,
                    dx + i * imageSize + row * shape.Columns + column, shape.Columns - column);
            }
        }
    });

    public void BackwardWeight(long first, long end, float* x, byte* g, byte* y, float* dw, float* db)
    {
        using var padded = AllocatePadded();
        using var unpacked = new ZeroedBuffer(shape.FeatureColumns * shape.Channels);
        for (var i = first; i < end; i++)
        {
            Pad(x + i * imageSize, padded);
            for (var row = 0L; row < shape.FeatureRows; row++)
            {
                var at = i * featureSize + row * shape.FeatureColumns * shape.Channels * T.Size;
                Unpack(g + at, rectified ? y + at : null, unpacked.Pointer);
                for (var channel = 0L; channel < shape.Channels; channel += IFeatureVectors.Lanes)
                {
                    AccumulateBiasGradient(unpacked.Pointer + channel, db + channel);
                    for (var r = 0L; r < shape.KernelRows; r++)
                    {
                        for (var column = 0L; column < shape.KernelColumns; column += Neighbours)
                        {
                            AccumulateWeightGradient(padded.Pointer + (row + r) * paddedColumns + column, unpacked.Pointer + channel,
                                dw + (r * shape.KernelColumns + column) * shape.Channels + channel, shape.KernelColumns - column);
                        }
                    }
                }
            }
        }
    }

    /// <summary>Allocates an image with zeros around it, and after each row for the neighbours of its last pixel.</summary>
    private ZeroedBuffer AllocatePadded() => new((shape.Rows + 2 * shape.PaddingRows) * paddedColumns);

    private void Pad(float* image, ZeroedBuffer padded)
    {
        for (var row = 0L; row < shape.Rows; row++)
        {
            var to = padded.Pointer + (row + shape.PaddingRows) * paddedColumns + shape.PaddingColumns;
            new ReadOnlySpan<float>(image + row * shape.Columns, (int)shape.Columns).CopyTo(new Span<float>(to, (int)shape.Columns));
        }
    }

    private void ComputeFeatures(float* x, float* weights, float* bias, byte* y, long left)
    {
        Vector512<float> a0 = Vector512.Load(bias), b0 = Vector512.Load(bias + 16);
        var (a1, a2, a3, b1, b2, b3) = (a0, a0, a0, b0, b0, b0);
        for (var i = 0L; i < shape.KernelRows; i++)
        {
            for (var j = 0L; j < shape.KernelColumns; j++)
            {
                Vector512<float> wa = Vector512.Load(weights), wb = Vector512.Load(weights + 16);
                Vector512<float> x0 = Vector512.Create(x[j]), x1 = Vector512.Create(x[j + 1]);
                Vector512<float> x2 = Vector512.Create(x[j + 2]), x3 = Vector512.Create(x[j + 3]);
                a0 = Vector512.FusedMultiplyAdd(x0, wa, a0);
                b0 = Vector512.FusedMultiplyAdd(x0, wb, b0);
                a1 = Vector512.FusedMultiplyAdd(x1, wa, a1);
                b1 = Vector512.FusedMultiplyAdd(x1, wb, b1);
                a2 = Vector512.FusedMultiplyAdd(x2, wa, a2);
                b2 = Vector512.FusedMultiplyAdd(x2, wb, b2);
                a3 = Vector512.FusedMultiplyAdd(x3, wa, a3);
                b3 = Vector512.FusedMultiplyAdd(x3, wb, b3);
                weights += shape.Channels;
            }
            x += paddedColumns;
        }
        var pixel = shape.Channels * T.Size;
        Store(y, a0, b0);
        if (left > 1) Store(y + pixel, a1, b1);
        if (left > 2) Store(y + 2 * pixel, a2, b2);
        if (left > 3) Store(y + 3 * pixel, a3, b3);
    }

    private void Store(byte* y, Vector512<float> a, Vector512<float> b)
    {
        if (rectified) (a, b) = (Vector512.Max(a, Vector512<float>.Zero), Vector512.Max(b, Vector512<float>.Zero));
        T.Store(y, a, b);
    }

    /// <summary>Converts a row of g to float32, with zeros where ReLU is inactive.</summary>
    private void Unpack(byte* g, byte* y, float* row)
    {
        for (var k = 0L; k < shape.FeatureColumns * shape.Channels; k += IFeatureVectors.Lanes)
        {
            T.Load(g + k * T.Size, out var a, out var b);
            if (y != null)
            {
                T.Load(y + k * T.Size, out var ya, out var yb);
                a = Vector512.AndNot(a, Vector512.LessThanOrEqual(ya, Vector512<float>.Zero));
                b = Vector512.AndNot(b, Vector512.LessThanOrEqual(yb, Vector512<float>.Zero));
            }
            a.Store(row + k);
            b.Store(row + k + 16);
        }
    }

    private void ComputeInputGradient(float** affectedRows, long rows, long offset, float* weights, float* dx, long left)
    {
        Vector512<float> a = Vector512<float>.Zero, b = a, c = a, d = a;
        var (pixel, window) = (shape.Channels, shape.KernelColumns * shape.Channels);
        for (var r = 0L; r < rows; r++)
        {
            var at = affectedRows[r] + offset;
            for (var k = 0L; k < window; k += 16)
            {
                var weight = Vector512.Load(weights + k);
                a = Vector512.FusedMultiplyAdd(Vector512.Load(at + k), weight, a);
                b = Vector512.FusedMultiplyAdd(Vector512.Load(at + pixel + k), weight, b);
                c = Vector512.FusedMultiplyAdd(Vector512.Load(at + 2 * pixel + k), weight, c);
                d = Vector512.FusedMultiplyAdd(Vector512.Load(at + 3 * pixel + k), weight, d);
            }
            weights += window;
        }
        dx[0] = Sum(a);
        if (left > 1) dx[1] = Sum(b);
        if (left > 2) dx[2] = Sum(c);
        if (left > 3) dx[3] = Sum(d);
    }

    /// <summary>Adds the gradient of a row of features to four neighbouring weights of each channel.</summary>
    private void AccumulateWeightGradient(float* x, float* g, float* dw, long left)
    {
        Vector512<float> a0 = Vector512<float>.Zero, a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        for (var column = 0L; column < shape.FeatureColumns; column++)
        {
            Vector512<float> ga = Vector512.Load(g), gb = Vector512.Load(g + 16);
            Vector512<float> x0 = Vector512.Create(x[column]), x1 = Vector512.Create(x[column + 1]);
            Vector512<float> x2 = Vector512.Create(x[column + 2]), x3 = Vector512.Create(x[column + 3]);
            a0 = Vector512.FusedMultiplyAdd(x0, ga, a0);
            b0 = Vector512.FusedMultiplyAdd(x0, gb, b0);
            a1 = Vector512.FusedMultiplyAdd(x1, ga, a1);
            b1 = Vector512.FusedMultiplyAdd(x1, gb, b1);
            a2 = Vector512.FusedMultiplyAdd(x2, ga, a2);
            b2 = Vector512.FusedMultiplyAdd(x2, gb, b2);
            a3 = Vector512.FusedMultiplyAdd(x3, ga, a3);
            b3 = Vector512.FusedMultiplyAdd(x3, gb, b3);
            g += shape.Channels;
        }
        Add(dw, a0, b0);
        if (left > 1) Add(dw + shape.Channels, a1, b1);
        if (left > 2) Add(dw + 2 * shape.Channels, a2, b2);
        if (left > 3) Add(dw + 3 * shape.Channels, a3, b3);
    }

    private void AccumulateBiasGradient(float* g, float* db)
    {
        Vector512<float> a = Vector512<float>.Zero, b = a;
        for (var column = 0L; column < shape.FeatureColumns; column++)
        {
            a += Vector512.Load(g);
            b += Vector512.Load(g + 16);
            g += shape.Channels;
        }
        Add(db, a, b);
    }

    private static void Add(float* to, Vector512<float> a, Vector512<float> b)
    {
        (Vector512.Load(to) + a).Store(to);
        (Vector512.Load(to + 16) + b).Store(to + 16);
    }

    /// <summary>Sums by halves: a third of the instructions of <see cref="Vector512.Sum"/>, which sums in another order.</summary>
    private static float Sum(Vector512<float> x)
    {
        var half = x.GetLower() + x.GetUpper();
        return Vector128.Sum(half.GetLower() + half.GetUpper());
    }

    /// <summary>Zeroed memory aligned to cache lines: vectors that cross two lines take twice as long.</summary>
    private readonly struct ZeroedBuffer : IDisposable
    {
        private const nuint Line = 64;

        public ZeroedBuffer(long length)
        {
            Pointer = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), Line);
            NativeMemory.Clear(Pointer, (nuint)length * sizeof(float));
        }

        public float* Pointer { get; }

        public void Dispose() => NativeMemory.AlignedFree(Pointer);
    }
}

/// <summary>The sizes of a convolution of grey images at stride one.</summary>
internal sealed record GreyShape(long Rows, long Columns, long KernelRows, long KernelColumns, long PaddingRows, long PaddingColumns, long Channels)
{
    public long FeatureRows => Rows + 2 * PaddingRows - KernelRows + 1;

    public long FeatureColumns => Columns + 2 * PaddingColumns - KernelColumns + 1;
}
