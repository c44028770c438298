using System.Runtime.Intrinsics;

namespace Arow.Bench;

/// <summary>
/// The gradient of grey images behind 3x3 kernels without padding, written once more: features in float32 with zeros around them, so
/// that each pixel is the sum of a window's products with the turned kernels.
/// </summary>
internal sealed unsafe class WrittenGreyGradient : autograd.SingleTensorFunction<WrittenGreyGradient>
{
    public override string Name => nameof(WrittenGreyGradient);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.save_for_backward([(Tensor)vars[1]]);
        return ((Classifier)vars[2])((Tensor)vars[0]);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        var (n, k, rows, columns) = ((int)grad_output.shape[0], (int)grad_output.shape[1], (int)grad_output.shape[2], (int)grad_output.shape[3]);
        var g = grad_output.permute(0, 2, 3, 1).contiguous();
        var half = g.dtype == ScalarType.BFloat16;
        var dx = empty(n, 1, rows + 2, columns + 2);
        float[] turned = [.. ctx.get_saved_variables()[0].squeeze(1).to(ScalarType.Float32).flip(1, 2).permute(1, 2, 0).contiguous().data<float>()];
        var (from, to) = (Begin(g), Begin(dx));
        if (get_num_threads() == 1) Images(0, n);
        else Parallel.For(0, n, new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() }, i => Images(i, i + 1));
        return [dx.MoveToOuterDisposeScope(), null!, null!];

        void Images(int first, int last)
        {
            var around = new float[(rows + 4) * (columns + 4 + 3) * k];
            fixed (float* padded = around, w = turned)
            {
                for (var i = first; i < last; i++)
                {
                    for (var row = 0; row < rows; row++)
                        Copy(from, (((long)i * rows) + row) * columns * k, padded + ((((row + 2) * (columns + 7)) + 2) * k), columns * k, half);
                    for (var row = 0; row < rows + 2; row++)
                    {
                        var target = (float*)to + ((((long)i * (rows + 2)) + row) * (columns + 2));
                        for (var column = 0; column < columns + 2; column += 4) Four(padded, w, row, column, columns, k, target);
                    }
                }
            }
        }
    }

    private static void Copy(nint from, long first, float* to, int count, bool half)
    {
        if (!half)
        {
            Buffer.MemoryCopy((float*)from + first, to, count * sizeof(float), count * sizeof(float));
            return;
        }
        var halves = (ushort*)from + first;
        for (var j = 0; j < count; j += 32)
        {
            var (lower, upper) = Vector512.Widen(Vector512.Load(halves + j));
            (lower << 16).AsSingle().Store(to + j);
            (upper << 16).AsSingle().Store(to + j + 16);
        }
    }

    private static void Four(float* padded, float* w, int row, int column, int columns, int k, float* target)
    {
        var (a, b, c, d) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        for (var i = 0; i < 3; i++)
        {
            var at = padded + ((((row + i) * (columns + 7)) + column) * k);
            for (var j = 0; j < 3 * k; j += 16)
            {
                var weight = Vector512.Load(w + (i * 3 * k) + j);
                a = Vector512.FusedMultiplyAdd(Vector512.Load(at + j), weight, a);
                b = Vector512.FusedMultiplyAdd(Vector512.Load(at + k + j), weight, b);
                c = Vector512.FusedMultiplyAdd(Vector512.Load(at + (2 * k) + j), weight, c);
                d = Vector512.FusedMultiplyAdd(Vector512.Load(at + (3 * k) + j), weight, d);
            }
        }
        var sums = (ReadOnlySpan<float>)[Vector512.Sum(a), Vector512.Sum(b), Vector512.Sum(c), Vector512.Sum(d)];
        for (var j = 0; j < Math.Min(4, columns + 2 - column); j++) target[column + j] = sums[j];
    }

    private static nint Begin(Tensor x)
    {
        fixed (byte* p = x[..1].bytes) return (nint)p;
    }
}
