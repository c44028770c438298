using System.Numerics;

namespace Arow.Models.Kernels;

/// <summary>
/// ReLU and 2x2 max pooling. libtorch stores the index of each maximum in 64 bits and scatters the gradient number by
/// number; this class finds the index again from the features. Results and gradients are bitwise the same.
/// </summary>
internal sealed unsafe class PooledRelu : LayerFunction<PooledRelu>
{
    /// <summary>Computes [N, C, rows, columns] from x [N, C, H, W]; a last odd row or column is ignored.</summary>
    public static Tensor Apply(Tensor x) =>
        !Pixels.CanVectorize(x) ? F.max_pool2d(x, 2, 2).relu_()
        : is_grad_enabled() && x.requires_grad ? Call(x)
        : Maxima(x);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var x = (Tensor)vars[0];
        var maxima = Maxima(x);
        ctx.save_for_backward([x, maxima]);
        return maxima;
    }

    protected override IReadOnlyList<Tensor?> Gradients(autograd.AutogradContext ctx, List<Tensor> saved, Tensor g) =>
        [Gradient(saved[0], saved[1], g)];

    private static Tensor Maxima(Tensor x)
    {
        using var scope = NewDisposeScope();
        var y = Pixels.Allocate(x.shape[0], x.shape[1], x.shape[2] / 2, x.shape[3] / 2, x.dtype);
        if (x.dtype == ScalarType.BFloat16) WindowsOf<short>(x).Maxima(Pixels.GetPointer<short>(x), Pixels.GetPointer<short>(y));
        else WindowsOf<int>(x).Maxima(Pixels.GetPointer<int>(x), Pixels.GetPointer<int>(y));
        return y.MoveToOuterDisposeScope();
    }

    private static Tensor Gradient(Tensor x, Tensor y, Tensor g)
    {
        using var scope = NewDisposeScope();
        var inWindows = x.shape[2] % 2 == 0 && x.shape[3] % 2 == 0;
        var dx = inWindows ? empty_like(x) : zeros_like(x);
        g = ChannelsLast.Convert(g);
        if (x.dtype == ScalarType.BFloat16) Write<short>();
        else Write<int>();
        return dx.MoveToOuterDisposeScope();

        void Write<T>() where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> =>
            WindowsOf<T>(x).Gradient(Pixels.GetPointer<T>(x), Pixels.GetPointer<T>(y), Pixels.GetPointer<T>(g), Pixels.GetPointer<T>(dx));
    }

    private static PoolingWindows<T> WindowsOf<T>(Tensor x) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> =>
        new(x.shape[0], x.shape[2], x.shape[3], x.shape[1]);
}
