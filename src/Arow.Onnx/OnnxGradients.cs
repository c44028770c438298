using Arow.Checkpoints;
using Arow.Onnx.Graphs;
using Arow.Runtime;

namespace Arow.Onnx;

/// <summary>The graph of an ONNX model as a function with gradients.</summary>
internal sealed class OnnxGradients : IDisposable
{
    /// <summary>
    /// How far logits may be from ONNX Runtime's, as a share of the largest. A layer of float32 sums of some thousand products is off by
    /// √1000 · 6e-8, and two hundred layers by at most two hundred times that: 4e-4.
    /// </summary>
    public const double Tolerance = 1e-3;

    private readonly GraphInterpreter interpreter;
    private readonly OnnxInput input;
    private readonly FinalActivation output;
    private readonly string path;
    private readonly IDisposable? plainConvolutions;

    /// <summary>Prepares a graph.</summary>
    /// <param name="source">Source of the model.</param>
    /// <param name="graph">Its graph, read in float32; owned from now on.</param>
    /// <param name="input">Its input.</param>
    /// <param name="output">Its output.</param>
    /// <exception cref="UnsupportedGraphException">An operator is not supported.</exception>
    public OnnxGradients(ModelSource source, ModelGraph graph, OnnxInput input, FinalActivation output)
    {
        (path, this.input, this.output) = (source.Path, input, output);
        var device = source.Device ?? CPU;
        CudaMath.DisableTf32(device);
        interpreter = GraphInterpreter.Create(graph, [output.Logits], ScalarType.Float32, device);
        // Kernels that are computed, transposed or of other dimensions are not looked at.
        plainConvolutions = interpreter.Uses("ConvTranspose") || interpreter.Constants.Any(c => c.dim() is 3 or 5) ? OneDnnWorkaround.Disable()
            : OneDnnWorkaround.DisableIfAffected(interpreter.Constants);
    }

    public void Dispose()
    {
        plainConvolutions?.Dispose();
        interpreter.Dispose();
    }

    /// <summary>Maps images in [0, 1] to logits [N, K], whatever the number of images.</summary>
    /// <exception cref="InvalidOperationException">The graph cannot be computed for this number of images.</exception>
    public Tensor Run(Tensor images)
    {
        using var scope = NewDisposeScope();
        try
        {
            var logits = interpreter.Run(input.Arrange(images), output.Logits)[0];
            // [N] of one logit for two classes stays as it is.
            return (logits.dim() > 1 ? logits.flatten(1) : logits).MoveToOuterDisposeScope();
        }
        catch (UnsupportedGraphException e)
        {
            throw new InvalidOperationException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>As <see cref="Run"/>, with the number of images that the file names at a time, filled up with black ones.</summary>
    public Tensor RunInBatches(Tensor images)
    {
        using var scope = NewDisposeScope();
        var step = input.Batch ?? images.shape[0];
        var parts = images.split(step, 0).Select(part =>
        {
            if (part.shape[0] == step) return Run(part);
            return Run(cat([part, zeros([step - part.shape[0], .. part.shape[1..]], part.dtype, part.device)], 0)).slice(0, 0, part.shape[0], 1);
        });
        return cat([.. parts], 0).MoveToOuterDisposeScope();
    }

    /// <summary>Compares logits. Those of probabilities are compared as probabilities: they are known only up to rounding.</summary>
    /// <returns>Whether they agree to <see cref="Tolerance"/>.</returns>
    public static bool Agree(Tensor logits, Tensor judged, FinalActivation? activation)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (own, theirs) = activation is null ? (logits, judged) : (activation.Apply(logits), activation.Apply(judged));
        return own.shape.AsSpan().SequenceEqual(theirs.shape) && own.isfinite().all().item<bool>()
            && (own - theirs).abs().max().item<float>() <= Tolerance * theirs.abs().max().item<float>();
    }
}
