using Arow.Checkpoints;
using Arow.Classes;
using Arow.Onnx.Graphs;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Arow.Onnx;

/// <summary>
/// ONNX models. Where the operators of the graph are known, libtorch computes it with gradients for the attacks, and ONNX Runtime, which
/// computes the file on its own, decides which class an image has. Otherwise attacks use the logits of ONNX Runtime, or only the predicted
/// class if the output is a label.
/// </summary>
public sealed class OnnxModel : IDisposable
{
    private readonly ModelSource source;
    private readonly OnnxSession session;
    private readonly OnnxOutput output;
    private OnnxGradients? gradients;

    private OnnxModel(ModelSource source, OnnxSession session, OnnxOutput output) =>
        (this.source, this.session, this.output) = (source, session, output);

    /// <summary>Opens a model and verifies that it accepts the images; assign it to <see cref="ModelSource.OpenOnnx"/>.</summary>
    /// <exception cref="InputException">The file is damaged, or the model is for other images or classes.</exception>
    public static LoadedModel Open(ModelSource source)
    {
        OnnxValidator.Validate(source.Path);
        source.TryInSubprocess?.Invoke(source.WithClassNames(null));
        try
        {
            using var graph = new OpenedGraph(source.Path);
            var session = new OnnxSession(source);
            try
            {
                source = source.WithClassNames(session.Metadata.GetValueOrDefault(ClassNames.MetadataKey));
                var output = OnnxOutput.Select(source, session.DescribeOutputs(), graph.Graph);
                var model = new OnnxModel(source, session, output);
                try
                {
                    return model.Load(graph);
                }
                catch
                {
                    model.gradients?.Dispose();
                    throw;
                }
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }
        catch (OnnxRuntimeException e)
        {
            throw new InputException($"{source.Path}: cannot be loaded by ONNX Runtime: {DescribeRefusal(ModelProbe.NativeErrorMessage(e))}", e);
        }
        catch (Exception e) when (
            e is NullReferenceException or ArgumentException or KeyNotFoundException or IndexOutOfRangeException or OverflowException)
        {
            // Thrown by the managed part of ONNX Runtime for missing or duplicate names.
            throw new InputException($"{source.Path}: is damaged: ONNX Runtime does not understand its metadata", e);
        }
    }

    /// <summary>The message without ONNX Runtime's code, and with the way in where a kernel is missing.</summary>
    private static string DescribeRefusal(string message)
    {
        var said = message.StartsWith("[ErrorCode:", StringComparison.Ordinal) && message.IndexOf(']', StringComparison.Ordinal) is > 0 and var end
            ? message[(end + 1)..].Trim() : message;
        return said.Contains("Could not find an implementation", StringComparison.Ordinal)
            ? $"{said}; convolutions of float64, among others, have none: export model.float()" : said;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        gradients?.Dispose();
        session.Dispose();
    }

    private LoadedModel Load(OpenedGraph graph)
    {
        var judged = ModelProbe.Probe(source, Judge, gradients: false);
        var (white, reason) = output.IsLabel ? (null, "it gives labels instead of logits") : Differentiate(graph, judged.Classifier);
        var access = white is null ? $"{source.Path}: has no gradients: {reason}."
            : $"{source.Path}: is attacked with gradients; an image counts as misclassified if ONNX Runtime misclassifies it. The logits of "
                + $"both agree within {OnnxGradients.Tolerance:0.###} of the largest.";
        string[] remarks =
        [
            .. session.Input.Type == TensorElementType.Float ? (string[])[]
                : [$"{source.Path}: takes {(session.Input.Type == TensorElementType.Double ? "float64" : "float16")}: it gets the images in that type."],
            .. session.Input.IsChannelsLast ? (string[])[$"{source.Path}: takes images with channels last: it gets them as [N, H, W, C]."] : [],
            .. session.Input.IsGreyRepeated ? (string[])[ModelProbe.GreyRemark(source)] : [], .. output.Remarks, .. judged.Remarks,
            access,
        ];
        return new LoadedModel(white ?? judged.Classifier, this)
        {
            Name = "onnx",
            Access = output.IsLabel ? Access.Labels : white is null ? Access.Scores : Access.Gradients,
            AccessReason = reason,
            Judge = white is null ? null : judged.Classifier,
            Normalization = session.Input.Normalization,
            Metadata = session.Metadata,
            Remarks = remarks,
            AttackRemark = access,
        };
    }

    /// <summary>Returns the function with gradients, or why there is none.</summary>
    private (Classifier? Classifier, string? Reason) Differentiate(OpenedGraph opened, Classifier judge)
    {
        if (opened.Take() is not { } graph) return (null, opened.Fault);
        try
        {
            gradients = new OnnxGradients(source, graph, session.Input, output.Activation ?? FinalActivation.Find(graph, output.Name));
            var (probed, fault) = TryProbe(gradients.Run);
            // A graph may contain the number of images that the file names.
            if (probed is null && session.Input.Batch > 1) (probed, fault) = TryProbe(gradients.RunInBatches);
            fault ??= probed!.AccessReason ?? (AgreeOnImages(probed.Classifier, judge) ? null : "its graph gives other logits here than in ONNX Runtime");
            if (fault is null) return (probed!.Classifier, null);
            gradients.Dispose();
            gradients = null;
            return (null, fault);
        }
        catch (UnsupportedGraphException e)
        {
            return (null, e.Message);
        }
    }

    private (ProbedModel? Probed, string? Fault) TryProbe(Classifier f)
    {
        try
        {
            return (ModelProbe.Probe(source, f, gradients: true), null);
        }
        catch (InputException e)
        {
            return (null, e.Message.Replace($"{source.Path}: ", "", StringComparison.Ordinal));
        }
    }

    private bool AgreeOnImages(Classifier f, Classifier judge)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var made = ModelProbe.CreateImages(source, session.Input.Batch is > 2 and < 64 and { } batch ? batch : 3);
        return Agree(made) && (source.Samples is null || Agree(source.Samples));

        bool Agree(Tensor images) => OnnxGradients.Agree(f(images).cpu(), judge(images).cpu(), output.Activation);
    }

    /// <summary>The logits of ONNX Runtime, or a one for the label.</summary>
    private Tensor Judge(Tensor images)
    {
        using var scope = NewDisposeScope();
        var y = session.Run(images, output.Name);
        if (output.IsLabel) y = OneHot(y, images.shape[0]);
        else if (output.Activation is { } activation) y = activation.Undo(y);
        // Axes of one pixel, wherever they are.
        if (y.dim() > 2 && y.shape.Skip(1).Count(n => n > 1) <= 1) y = y.flatten(1);
        return y.to(images.device).MoveToOuterDisposeScope();
    }

    private Tensor OneHot(Tensor labels, long count)
    {
        if (labels.numel() != count) throw new InputException($"{source.Path}: gives {labels.numel()} labels for {count} images");
        foreach (var label in labels.flatten().data<long>())
        {
            if (label < 0 || label >= source.Classes)
                throw new InputException($"{source.Path}: gives label {label}, but the images have {source.Classes} classes");
        }
        return nn.functional.one_hot(labels.flatten(), source.Classes).to(ScalarType.Float32);
    }

    /// <summary>A graph that was read, until someone takes it; or why it could not be.</summary>
    private sealed class OpenedGraph : IDisposable
    {
        public OpenedGraph(string path)
        {
            try
            {
                Graph = GraphReader.Read(path, ScalarType.Float32);
            }
            catch (UnsupportedGraphException e)
            {
                Fault = e.Message;
            }
            catch (Exception e) when (e is InvalidDataException or OverflowException or IOException)
            {
                // ONNX Runtime says what is damaged, or reads it nevertheless.
                Fault = $"its graph has {(e is InvalidDataException ? e.Message : "numbers that cannot be read")}";
            }
        }

        public ModelGraph? Graph { get; private set; }

        public string? Fault { get; }

        public ModelGraph? Take()
        {
            var graph = Graph;
            Graph = null;
            return graph;
        }

        public void Dispose() => Graph?.Dispose();
    }
}
