using System.Runtime.InteropServices;

namespace Arow.Evaluation.Checks;

/// <summary>Checks whether gradients flow from the logits to the pixels.</summary>
internal static class GradientCheck
{
    /// <summary>Checks some images.</summary>
    public static bool HasGradient(Classifier f, Tensor x)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var leaf = x.detach().requires_grad_();
        var z = f(leaf);
        if (!z.requires_grad) return false;
        try
        {
            z.sum().backward(inputs: [leaf]);
        }
        catch (ExternalException)
        {
            return false;
        }
        return leaf.grad is { IsInvalid: false };
    }

    /// <summary>Returns the same function with a gradient of zero if it has none.</summary>
    public static Classifier WithZeroGradient(Classifier f) => x =>
    {
        var z = f(x);
        if (!x.requires_grad || !is_grad_enabled()) return z;
        using var scope = NewDisposeScope();
        return (z + 0 * x.flatten(1).sum(1, keepdim: true)).MoveToOuterDisposeScope();
    };
}
