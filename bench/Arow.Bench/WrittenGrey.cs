using System.Runtime.Intrinsics;

namespace Arow.Bench;

/// <summary>
/// 3x3 convolutions of grey images without padding and ReLU after it, forth and back, written once more: the way back has features in
/// float32 with zeros around them, so that each pixel is the sum of a window's products with the turned kernels. The gradients of the
/// weights are gathered a row of three at a time.
/// </summary>
internal sealed unsafe class WrittenGrey : autograd.SingleTensorFunction<WrittenGrey>
{
    public override string Name => nameof(WrittenGrey);

    /// <param name="x">[N, 1, rows, columns].</param>
    /// <param name="w">[K, 1, 3, 3], K a multiple of 32.</param>
    /// <param name="b">[K].</param>
    /// <param name="type">Of the features.</param>
    public static Tensor Of(Tensor x, Tensor w, Tensor b, ScalarType type)
    {
        Tensor kernels = w.squeeze(1).permute(1, 2, 0).contiguous(), bias = b.to(ScalarType.Float32);
        return is_grad_enabled() && (x.requires_grad || w.requires_grad) ? apply(x, kernels, bias, type) : Forth(x, kernels, bias, type);
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var y = Forth((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (ScalarType)vars[3]);
        ctx.save_for_backward([(Tensor)vars[1], y, (Tensor)vars[0]]);
        return y;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        var saved = ctx.get_saved_variables();
        var (w, y, x) = (saved[0], saved[1], saved[2]);
        return w.requires_grad ? OfWeights(x, y, grad_output) : [OfImages(w, y, grad_output).MoveToOuterDisposeScope(), null!, null!, null!];
    }

    private static List<Tensor> OfWeights(Tensor x, Tensor y, Tensor grad)
    {
        var (n, k, rows, columns) = ((int)y.shape[0], (int)y.shape[1], (int)y.shape[2], (int)y.shape[3]);
        Tensor still = x.contiguous(), g = grad.permute(0, 2, 3, 1).contiguous(), parts = torch.zeros(n, 10 * k);
        var (images, from, features, sums, half) =
            (Begin(still), Begin(g), Begin(y.permute(0, 2, 3, 1)), Begin(parts), g.dtype == ScalarType.BFloat16);
        WrittenThreads.Share(n, (first, last) =>
        {
            var scratch = torch.zeros(columns * k);
            var row = (float*)Begin(scratch);
            for (var i = first; i < last; i++)
            {
                var sum = (float*)sums + (i * 10L * k);
                for (var r = 0; r < rows; r++)
                {
                    Unpack(from, features, (((long)i * rows) + r) * columns * k, row, columns * k, half);
                    for (var block = 0; block < k; block += 32)
                    {
                        for (var j = 0; j < 3; j++)
                            Weights((float*)images + ((((long)i * (rows + 2)) + r + j) * (columns + 2)), row + block, sum + (j * 3 * k) + block,
                                columns, k);
                        for (var c = 0; c < columns; c++)
                        {
                            (Vector512.Load(sum + (9 * k) + block) + Vector512.Load(row + (c * k) + block)).Store(sum + (9 * k) + block);
                            (Vector512.Load(sum + (9 * k) + block + 16) + Vector512.Load(row + (c * k) + block + 16))
                                .Store(sum + (9 * k) + block + 16);
                        }
                    }
                }
            }
            scratch.Dispose();
        });
        var all = parts.sum([0]).reshape(10, k);
        return [null!, all[..9].reshape(3, 3, k).MoveToOuterDisposeScope(), all[9].MoveToOuterDisposeScope(), null!];
    }

    private static void Weights(float* x, float* g, float* sum, int columns, int k)
    {
        Vector512<float> a = Vector512.Load(sum), b = Vector512.Load(sum + 16);
        Vector512<float> c = Vector512.Load(sum + k), d = Vector512.Load(sum + k + 16);
        Vector512<float> e = Vector512.Load(sum + (2 * k)), f = Vector512.Load(sum + (2 * k) + 16);
        for (var column = 0; column < columns; column++)
        {
            var (lower, upper) = (Vector512.Load(g + (column * k)), Vector512.Load(g + (column * k) + 16));
            a = Vector512.FusedMultiplyAdd(Vector512.Create(x[column]), lower, a);
            b = Vector512.FusedMultiplyAdd(Vector512.Create(x[column]), upper, b);
            c = Vector512.FusedMultiplyAdd(Vector512.Create(x[column + 1]), lower, c);
            d = Vector512.FusedMultiplyAdd(Vector512.Create(x[column + 1]), upper, d);
            e = Vector512.FusedMultiplyAdd(Vector512.Create(x[column + 2]), lower, e);
            f = Vector512.FusedMultiplyAdd(Vector512.Create(x[column + 2]), upper, f);
        }
        a.Store(sum);
        b.Store(sum + 16);
        c.Store(sum + k);
        d.Store(sum + k + 16);
        e.Store(sum + (2 * k));
        f.Store(sum + (2 * k) + 16);
    }

    private static Tensor OfImages(Tensor w, Tensor y, Tensor grad_output)
    {
        var (n, k, rows, columns) = ((int)y.shape[0], (int)y.shape[1], (int)y.shape[2], (int)y.shape[3]);
        var g = grad_output.permute(0, 2, 3, 1).contiguous();
        var (dx, turned, half) = (empty(n, 1, rows + 2, columns + 2), w.flip(0, 1), g.dtype == ScalarType.BFloat16);
        var (from, features, weights, to) = (Begin(g), Begin(y.permute(0, 2, 3, 1)), Begin(turned), Begin(dx));
        WrittenThreads.Share(n, (first, last) =>
        {
            var wide = columns + 4 + 3;
            var around = torch.zeros((rows + 4) * wide * k);
            var padded = (float*)Begin(around);
            for (var i = first; i < last; i++)
            {
                for (var row = 0; row < rows; row++)
                    Unpack(from, features, (((long)i * rows) + row) * columns * k, padded + ((((row + 2) * wide) + 2) * k), columns * k, half);
                for (var row = 0; row < rows + 2; row++)
                {
                    for (var column = 0; column < columns + 2; column += 4)
                        Pixels(padded + (((row * wide) + column) * k), wide * k, (float*)weights, k,
                            (float*)to + ((((long)i * (rows + 2)) + row) * (columns + 2)) + column, columns + 2 - column);
                }
            }
            around.Dispose();
        });
        return dx;
    }

    private static Tensor Forth(Tensor x, Tensor w, Tensor b, ScalarType type)
    {
        var (n, k, rows, columns) = ((int)x.shape[0], (int)b.shape[0], (int)x.shape[2] - 2, (int)x.shape[3] - 2);
        var y = empty(n, rows, columns, k, dtype: type);
        using var still = x.contiguous();
        var (from, weights, bias, to, half) = (Begin(still), Begin(w), Begin(b), Begin(y), type == ScalarType.BFloat16);
        WrittenThreads.Share(n, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                for (var row = 0; row < rows; row++)
                {
                    for (var column = 0; column < columns; column += 4)
                    {
                        // The last four of a row may begin again among those before.
                        var c = Math.Min(column, columns - 4);
                        var at = ((((long)i * rows) + row) * columns) + c;
                        for (var block = 0; block < k; block += 32)
                            Features((float*)from + (((((long)i * (rows + 2)) + row) * (columns + 2)) + c), columns + 2, (float*)weights + block,
                                (float*)bias + block, k, to, (at * k) + block, half);
                    }
                }
            }
        });
        return y.permute(0, 3, 1, 2);
    }

    private static void Features(float* x, int width, float* w, float* bias, int k, nint to, long at, bool half)
    {
        Vector512<float> lower = Vector512.Load(bias), upper = Vector512.Load(bias + 16);
        Vector512<float> a = lower, b = upper, c = lower, d = upper, e = lower, f = upper, g = lower, h = upper;
        for (var j = 0; j < 9; j++)
        {
            var pixel = x + (j / 3 * width) + (j % 3);
            (lower, upper) = (Vector512.Load(w + (j * k)), Vector512.Load(w + (j * k) + 16));
            a = Vector512.FusedMultiplyAdd(Vector512.Create(pixel[0]), lower, a);
            b = Vector512.FusedMultiplyAdd(Vector512.Create(pixel[0]), upper, b);
            c = Vector512.FusedMultiplyAdd(Vector512.Create(pixel[1]), lower, c);
            d = Vector512.FusedMultiplyAdd(Vector512.Create(pixel[1]), upper, d);
            e = Vector512.FusedMultiplyAdd(Vector512.Create(pixel[2]), lower, e);
            f = Vector512.FusedMultiplyAdd(Vector512.Create(pixel[2]), upper, f);
            g = Vector512.FusedMultiplyAdd(Vector512.Create(pixel[3]), lower, g);
            h = Vector512.FusedMultiplyAdd(Vector512.Create(pixel[3]), upper, h);
        }
        Put(a, b, to, at, half);
        Put(c, d, to, at + k, half);
        Put(e, f, to, at + (2 * k), half);
        Put(g, h, to, at + (3 * k), half);
    }

    private static void Put(Vector512<float> a, Vector512<float> b, nint to, long at, bool half)
    {
        (a, b) = (Vector512.Max(a, Vector512<float>.Zero), Vector512.Max(b, Vector512<float>.Zero));
        if (half)
        {
            Vector512.Narrow(Upper(a), Upper(b)).Store((ushort*)to + at);
        }
        else
        {
            a.Store((float*)to + at);
            b.Store((float*)to + at + 16);
        }
    }

    private static Vector512<uint> Upper(Vector512<float> x) =>
        (x.AsUInt32() + Vector512.Create(0x7FFFu) + ((x.AsUInt32() >>> 16) & Vector512<uint>.One)) >>> 16;

    private static void Unpack(nint g, nint y, long first, float* to, int count, bool half)
    {
        for (var j = 0; j < count; j += 32)
        {
            var (a, b) = Both(g, first + j, half);
            var (p, q) = Both(y, first + j, half);
            (a & Vector512.GreaterThan(p, Vector512<float>.Zero)).Store(to + j);
            (b & Vector512.GreaterThan(q, Vector512<float>.Zero)).Store(to + j + 16);
        }
    }

    private static (Vector512<float> Lower, Vector512<float> Upper) Both(nint from, long at, bool half)
    {
        if (!half) return (Vector512.Load((float*)from + at), Vector512.Load((float*)from + at + 16));
        var (lower, upper) = Vector512.Widen(Vector512.Load((ushort*)from + at));
        return ((lower << 16).AsSingle(), (upper << 16).AsSingle());
    }

    private static void Pixels(float* padded, int width, float* w, int k, float* target, int left)
    {
        var (a, b, c, d) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        for (var i = 0; i < 3; i++)
        {
            var at = padded + (i * width);
            for (var j = 0; j < 3 * k; j += 16)
            {
                var weight = Vector512.Load(w + (i * 3 * k) + j);
                a = Vector512.FusedMultiplyAdd(Vector512.Load(at + j), weight, a);
                b = Vector512.FusedMultiplyAdd(Vector512.Load(at + k + j), weight, b);
                c = Vector512.FusedMultiplyAdd(Vector512.Load(at + (2 * k) + j), weight, c);
                d = Vector512.FusedMultiplyAdd(Vector512.Load(at + (3 * k) + j), weight, d);
            }
        }
        target[0] = Sum(a);
        if (left > 1) target[1] = Sum(b);
        if (left > 2) target[2] = Sum(c);
        if (left > 3) target[3] = Sum(d);
    }

    private static float Sum(Vector512<float> x)
    {
        var half = x.GetLower() + x.GetUpper();
        return Vector128.Sum(half.GetLower() + half.GetUpper());
    }

    private static nint Begin(Tensor x)
    {
        fixed (byte* p = x[..1].bytes) return (nint)p;
    }
}
