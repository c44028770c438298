namespace Arow.Models.Kernels;

/// <summary>
/// A layer with a custom backward pass that holds memory no longer than libtorch's own layers. TorchSharp allocates a tensor
/// of the result's size for each custom function, and keeps it, the saved tensors and all gradients until the whole
/// backward pass is over.
/// </summary>
/// <typeparam name="T">The layer itself.</typeparam>
internal abstract class LayerFunction<T> : autograd.SingleTensorFunction<T> where T : LayerFunction<T>, new()
{
    [ThreadStatic]
    private static List<Tensor>? returned;

    public override string Name => typeof(T).Name;

    /// <summary>Calls <see cref="autograd.SingleTensorFunction{T}.forward"/>.</summary>
    public static Tensor Call(params object[] arguments)
    {
        using var scope = NewDisposeScope();
        return apply(arguments).MoveToOuterDisposeScope();
    }

    /// <summary>Whether the first backward pass may free the saved tensors; some attacks run several through one graph.</summary>
    protected virtual bool FreesGraph => false;

    public sealed override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        // libtorch holds its own references by now.
        returned?.ForEach(t => t.Dispose());
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        var gradients = Gradients(ctx, ctx.get_saved_variables(), grad_output);
        if (FreesGraph) ctx.Dispose();
        grad_output.Dispose();
        returned = [.. gradients.OfType<Tensor>().Select(t => t.MoveToOuterDisposeScope())];
        return [.. gradients.Select(t => t!)];
    }

    /// <summary>Computes the gradient of each argument of the forward pass; null for arguments without a gradient.</summary>
    /// <param name="ctx">The context, for other saved data.</param>
    /// <param name="saved">The saved tensors.</param>
    /// <param name="g">The gradient of the result.</param>
    protected abstract IReadOnlyList<Tensor?> Gradients(autograd.AutogradContext ctx, List<Tensor> saved, Tensor g);
}
