namespace Arow.Models;

/// <summary>
/// A layer with a backward pass of our own that holds no memory longer than libtorch's own layers do. TorchSharp makes a tensor of the size of
/// the result for each such layer, and keeps it, what was saved, and what comes and goes on the way back until the whole pass is over.
/// </summary>
/// <typeparam name="T">The layer itself.</typeparam>
internal abstract class LayerFunction<T> : autograd.SingleTensorFunction<T> where T : LayerFunction<T>, new()
{
    [ThreadStatic]
    private static List<Tensor>? handedOver;

    /// <inheritdoc/>
    public override string Name => typeof(T).Name;

    /// <summary>The result for the arguments of <see cref="autograd.SingleTensorFunction{T}.forward"/>.</summary>
    public static Tensor Call(params object[] arguments)
    {
        using var scope = NewDisposeScope();
        return apply(arguments).MoveToOuterDisposeScope();
    }

    /// <summary>Whether what was saved may go with the first way back: some attacks take several through one graph.</summary>
    protected virtual bool GoesBackOnce => false;

    /// <inheritdoc/>
    public sealed override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        // libtorch has its own hold of them by now.
        handedOver?.ForEach(t => t.Dispose());
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        var gradients = Gradients(ctx, ctx.get_saved_variables(), grad_output);
        if (GoesBackOnce) ctx.Dispose();
        grad_output.Dispose();
        handedOver = [.. gradients.OfType<Tensor>().Select(t => t.MoveToOuterDisposeScope())];
        return [.. gradients.Select(t => t!)];
    }

    /// <summary>For each argument of the result its gradient, null where there is none.</summary>
    /// <param name="ctx">What else was saved.</param>
    /// <param name="saved">The tensors that were saved.</param>
    /// <param name="g">The gradient of the result.</param>
    protected abstract IReadOnlyList<Tensor?> Gradients(autograd.AutogradContext ctx, List<Tensor> saved, Tensor g);
}
