using System.Runtime.Intrinsics;

namespace Arow.Bench;

/// <summary>ReLU and maxima of windows of 2x2 pixels, of many channels that lie side by side, written once more.</summary>
internal sealed unsafe class WrittenWindows : autograd.SingleTensorFunction<WrittenWindows>
{
    public override string Name => nameof(WrittenWindows);

    public static Tensor Of(Tensor x) => is_grad_enabled() && x.requires_grad ? apply(x) : Maxima(x);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var x = (Tensor)vars[0];
        var y = Maxima(x);
        ctx.save_for_backward([x, y]);
        return y;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        var (x, y) = (ctx.get_saved_variables()[0], ctx.get_saved_variables()[1]);
        var (g, dx) = (grad_output.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2),
            x.shape[2] % 2 == 0 && x.shape[3] % 2 == 0 ? empty_like(x) : zeros_like(x));
        Walk(x, y, g, dx);
        return [dx.MoveToOuterDisposeScope()];
    }

    private static Tensor Maxima(Tensor x)
    {
        var y = empty(x.shape[0], x.shape[2] / 2, x.shape[3] / 2, x.shape[1], dtype: x.dtype).permute(0, 3, 1, 2);
        Walk(x, y, null, null);
        return y;
    }

    private static void Walk(Tensor x, Tensor y, Tensor? g, Tensor? dx)
    {
        var (n, c, h, w) = ((int)x.shape[0], (int)x.shape[1], (int)x.shape[2], (int)x.shape[3]);
        var (from, largest, arrived, to) = (Begin(x), Begin(y), g is null ? 0 : Begin(g), dx is null ? 0 : Begin(dx));
        WrittenThreads.Share(n, Images);

        void Images(int first, int last)
        {
            if (x.dtype == ScalarType.BFloat16) Walk((short*)from, (short*)largest, (short*)arrived, (short*)to, first, last, c, h, w);
            else Walk((int*)from, (int*)largest, (int*)arrived, (int*)to, first, last, c, h, w);
        }
    }

    /// <summary>Numbers as whole ones of their bits, which have the same order above zero.</summary>
    private static void Walk<T>(T* x, T* y, T* g, T* dx, int first, int last, int c, int h, int w) where T : unmanaged
    {
        for (var i = first; i < last; i++)
        {
            for (var row = 0; row < h / 2; row++)
            {
                for (var column = 0; column < w / 2; column++)
                {
                    for (var k = 0; k < c; k += Vector512<T>.Count)
                    {
                        var a = ((((long)i * h) + (2 * row)) * w + (2 * column)) * c + k;
                        long b = a + c, d = a + ((long)w * c), e = d + c;
                        var at = ((((long)i * (h / 2)) + row) * (w / 2) + column) * c + k;
                        if (g == null) Largest(x, y, a, b, d, e, at);
                        else Scatter(x, y, g, dx, a, b, d, e, at);
                    }
                }
            }
        }
    }

    private static void Largest<T>(T* x, T* y, long a, long b, long d, long e, long at) where T : unmanaged =>
        Vector512.Max(
            Vector512<T>.Zero,
            Vector512.Max(Vector512.Max(Vector512.Load(x + a), Vector512.Load(x + b)), Vector512.Max(Vector512.Load(x + d), Vector512.Load(x + e))))
        .Store(y + at);

    private static void Scatter<T>(T* x, T* y, T* g, T* dx, long a, long b, long d, long e, long at) where T : unmanaged
    {
        var largest = Vector512.Load(y + at);
        var left = Vector512.Load(g + at) & Vector512.GreaterThan(largest, Vector512<T>.Zero);
        var here = Vector512.Equals(Vector512.Load(x + a), largest);
        (left & here).Store(dx + a);
        left = Vector512.AndNot(left, here);
        here = Vector512.Equals(Vector512.Load(x + b), largest);
        (left & here).Store(dx + b);
        left = Vector512.AndNot(left, here);
        here = Vector512.Equals(Vector512.Load(x + d), largest);
        (left & here).Store(dx + d);
        left = Vector512.AndNot(left, here);
        (left & Vector512.Equals(Vector512.Load(x + e), largest)).Store(dx + e);
    }

    private static nint Begin(Tensor x)
    {
        fixed (byte* p = x[..1].permute(0, 2, 3, 1).bytes) return (nint)p;
    }
}
