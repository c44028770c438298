using Arow.Checkpoints;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Arow.Onnx;

/// <summary>A model in ONNX Runtime, on the CPU, without gradients. Several threads may run it at the same time.</summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly InferenceSession session;
    private readonly RunOptions options = new();

    /// <summary>Loads a validated file.</summary>
    /// <exception cref="InputException">The model takes no images like those of the source, or ONNX Runtime is missing.</exception>
    public OnnxSession(ModelSource source)
    {
        session = Create(source.Path);
        try
        {
            Input = OnnxInput.Match(source, session);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Its image input.</summary>
    public OnnxInput Input { get; }

    /// <summary>Names of its outputs.</summary>
    public IReadOnlyList<string> OutputNames => session.OutputNames;

    /// <summary>Metadata of the file.</summary>
    public IReadOnlyDictionary<string, string> Metadata => session.ModelMetadata.CustomMetadataMap;

    public void Dispose()
    {
        options.Dispose();
        session.Dispose();
    }

    /// <summary>The outputs for black images: two, or one if the graph contains the number of images.</summary>
    public IReadOnlyList<ModelOutput> DescribeOutputs()
    {
        try
        {
            return DescribeOutputs(Input.Batch ?? 2);
        }
        catch (OnnxRuntimeException) when (Input.Batch is null)
        {
            return DescribeOutputs(1);
        }
    }

    /// <summary>Computes an output for images [N, C, H, W] in [0, 1]: float32 or int64, on the CPU.</summary>
    /// <remarks>A model with a fixed number of images gets that number at a time, filled up with black ones.</remarks>
    public Tensor Run(Tensor images, string output)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var count = (int)images.shape[0];
        var step = Input.Batch ?? count;
        var parts = new List<Tensor>();
        for (var first = 0; first < count; first += step)
        {
            var part = images.slice(0, first, Math.Min(first + step, count), 1);
            if (part.shape[0] < step) part = cat([part, zeros([step - part.shape[0], .. part.shape[1..]], part.dtype, part.device)], 0);
            var y = RunBatch(Input.Arrange(part.detach()), output);
            parts.Add(y.dim() > 0 ? y.slice(0, 0, Math.Min(step, count - first), 1) : y);
        }
        return cat(parts, 0).MoveToOuterDisposeScope();
    }

    private IReadOnlyList<ModelOutput> DescribeOutputs(int count)
    {
        using var scope = NewDisposeScope();
        using var given = Input.ToValue(zeros(Input.Shape(count)));
        using var results = session.Run(options, [Input.Name], [given], session.OutputNames);
        return [.. session.OutputNames.Zip(results, Describe)];

        static ModelOutput Describe(string name, OrtValue value)
        {
            if (!value.IsTensor) return new ModelOutput(name, ScalarType.Bool, [], false);
            var info = value.GetTensorTypeAndShape();
            var type = info.ElementDataType switch
            {
                TensorElementType.Float => ScalarType.Float32,
                TensorElementType.Float16 => ScalarType.Float16,
                TensorElementType.Double => ScalarType.Float64,
                TensorElementType.Int64 => ScalarType.Int64,
                _ => ScalarType.Bool, // nothing that could be logits or labels
            };
            return new ModelOutput(name, type, info.Shape, type is ScalarType.Float32 or ScalarType.Float16 or ScalarType.Float64);
        }
    }

    private Tensor RunBatch(Tensor x, string output)
    {
        using var given = Input.ToValue(x);
        using var results = session.Run(options, [Input.Name], [given], [output]);
        var info = results[0].GetTensorTypeAndShape();
        return info.ElementDataType switch
        {
            TensorElementType.Int64 => Read<long>(ScalarType.Int64),
            TensorElementType.Float16 => Read<Half>(ScalarType.Float16).to(ScalarType.Float32),
            TensorElementType.Double => Read<double>(ScalarType.Float64).to(ScalarType.Float32),
            _ => Read<float>(ScalarType.Float32),
        };

        Tensor Read<T>(ScalarType type) where T : unmanaged
        {
            var y = empty(info.Shape, type, device: CPU);
            results[0].GetTensorMutableRawData().CopyTo(y.bytes);
            return y;
        }
    }

    private static InferenceSession Create(string path)
    {
        const OrtLoggingLevel Nothing = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        try
        {
            using var settings = new SessionOptions { LogSeverityLevel = Nothing, IntraOpNumThreads = get_num_threads() };
            return new InferenceSession(path, settings);
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException)
        {
            throw new InputException($"{path}: ONNX Runtime is missing: build with -p:Onnx=cpu, or reference Microsoft.ML.OnnxRuntime", e);
        }
    }
}
