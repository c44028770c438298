using Arow.Checkpoints;
using Arow.Classes;
using Arow.Models;
using Microsoft.ML.OnnxRuntime;

namespace Arow.Onnx;

/// <summary>
/// ONNX models, run by ONNX Runtime on the CPU. They have no gradients: attacks use their logits, or only the predicted class if the
/// output is a label.
/// </summary>
public sealed class OnnxModel : IDisposable
{
    private readonly ModelSource source;
    private readonly InferenceSession session;
    private readonly RunOptions options = new();
    private readonly string input;
    private readonly int? batch;
    private readonly bool channelsLast;
    private readonly Normalization normalization;
    private string output = "";
    private bool isLabelOutput;

    private OnnxModel(ModelSource source, InferenceSession session)
    {
        (this.source, this.session) =
            (source.WithClassNames(session.ModelMetadata.CustomMetadataMap.GetValueOrDefault(ClassNames.MetadataKey)), session);
        if (session.InputMetadata.Count != 1)
            throw Error($"takes {session.InputMetadata.Count} inputs instead of one: {string.Join(", ", session.InputNames)}");
        input = session.InputNames[0];
        var inputInfo = session.InputMetadata[input];
        var shape = source.Input;
        if (!inputInfo.IsTensor || inputInfo.ElementDataType != Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float
            || inputInfo.Dimensions.Length != 4)
            throw Error($"takes {DescribeTensor(inputInfo)} instead of images, a float32 tensor [N, {shape.Channels}, {shape.Height}, "
                + $"{shape.Width}]");
        channelsLast = !MatchesShape(inputInfo.Dimensions, shape.Channels, shape.Height, shape.Width)
            && MatchesShape(inputInfo.Dimensions, shape.Height, shape.Width, shape.Channels);
        if (!channelsLast && !MatchesShape(inputInfo.Dimensions, shape.Channels, shape.Height, shape.Width))
            throw Error($"takes {DescribeTensor(inputInfo)}, but the images are {shape}");
        batch = inputInfo.Dimensions[0] > 0 ? inputInfo.Dimensions[0] : null;
        normalization = source.Normalization
            ?? Checkpoints.ModelMetadata.ParseNormalization(source.Path, shape.Channels, session.ModelMetadata.CustomMetadataMap.GetValueOrDefault)
            ?? Normalization.None;
    }

    /// <summary>Opens a model and verifies that it accepts the images; assign it to <see cref="ModelSource.OpenOnnx"/>.</summary>
    /// <exception cref="InputException">The file is damaged, or the model is for other images or classes.</exception>
    public static LoadedModel Open(ModelSource source)
    {
        OnnxValidator.Validate(source.Path);
        source.TryInSubprocess?.Invoke(source.WithClassNames(null));
        try
        {
            var session = CreateSession(source.Path);
            OnnxModel? model = null;
            try
            {
                model = new OnnxModel(source, session);
                model.SelectOutput();
                var f = ModelProbe.Verify(model.source, model.Run, gradients: false);
                return new LoadedModel(f, model)
                {
                    Name = "onnx",
                    Access = model.isLabelOutput ? Access.Labels : Access.Scores,
                    Normalization = model.normalization,
                    Metadata = session.ModelMetadata.CustomMetadataMap,
                };
            }
            catch
            {
                if (model is null) session.Dispose();
                else model.Dispose();
                throw;
            }
        }
        catch (OnnxRuntimeException e)
        {
            throw new InputException($"{source.Path}: cannot be loaded by ONNX Runtime: {ModelProbe.NativeErrorMessage(e)}", e);
        }
        catch (Exception e) when (
            e is NullReferenceException or ArgumentException or KeyNotFoundException or IndexOutOfRangeException or OverflowException)
        {
            // Thrown by the managed part of ONNX Runtime for missing or duplicate names.
            throw new InputException($"{source.Path}: is damaged: ONNX Runtime does not understand its metadata", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        options.Dispose();
        session.Dispose();
    }

    private static InferenceSession CreateSession(string path)
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

    /// <summary>Selects an output: logits if there are any, otherwise labels.</summary>
    private void SelectOutput()
    {
        var count = batch ?? 2;
        using var given = OrtValue.CreateTensorValueFromMemory(new float[count * PixelsPerImage], TensorShape(count));
        using var results = session.Run(options, [input], [given], session.OutputNames);
        var found = session.OutputNames.Zip(results, (name, value) => (Name: name, Info: GetTensorInfo(value))).ToList();
        if (source.OutputName is { } wanted && found.RemoveAll(o => o.Name != wanted) > 0 && found.Count == 0)
            throw Error($"has no output '{wanted}'; it has {string.Join(", ", session.OutputNames)}");
        foreach (var (name, (type, shape)) in found)
        {
            if (type == "Float" && shape.Length == 2 && shape[0] == count)
            {
                (output, isLabelOutput) = (name, false);
                return;
            }
        }
        foreach (var (name, (type, shape)) in found)
        {
            if (type == "Int64" && shape.Length is 1 or 2 && shape[0] == count && shape.Aggregate(1L, (a, b) => a * b) == count)
            {
                (output, isLabelOutput) = (name, true);
                return;
            }
        }
        throw Error("gives neither logits, a float32 tensor [N, K], nor labels, an int64 tensor [N]: "
            + string.Join(", ", found.Select(f => $"{f.Name} {f.Info.Type} [{string.Join(", ", f.Info.Shape)}]")));
    }

    /// <summary>Runs the model. One with a fixed batch size gets batches of that size, padded with zeros.</summary>
    private Tensor Run(Tensor images)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var x = normalization.Apply(images.detach()).cpu().to(ScalarType.Float32);
        if (channelsLast) x = x.permute(0, 2, 3, 1);
        var pixels = x.contiguous().data<float>().ToArray();
        var count = (int)images.shape[0];
        var scores = new float[count * source.Classes];
        var step = batch ?? count;
        for (var first = 0; first < count; first += step)
        {
            var part = pixels[(first * PixelsPerImage)..(Math.Min(first + step, count) * PixelsPerImage)];
            Array.Resize(ref part, step * PixelsPerImage);
            Put(scores.AsSpan(first * source.Classes), RunBatch(part, step));
        }
        return tensor(scores, ScalarType.Float32, images.device).reshape(count, source.Classes).MoveToOuterDisposeScope();

        static void Put(Span<float> place, float[] some) => some.AsSpan(0, Math.Min(some.Length, place.Length)).CopyTo(place);
    }

    private float[] RunBatch(float[] pixels, int count)
    {
        using var given = OrtValue.CreateTensorValueFromMemory(pixels, TensorShape(count));
        using var results = session.Run(options, [input], [given], [output]);
        if (!isLabelOutput)
        {
            var (_, shape) = GetTensorInfo(results[0]);
            if (shape.Length == 2 && shape[0] == count && shape[1] != source.Classes) throw Error(source.DescribeMismatch(shape[1]));
            if (shape.Length != 2 || shape[0] != count)
                throw Error($"gives logits [{string.Join(", ", shape)}] for {count} images of {source.Classes} classes");
            return results[0].GetTensorDataAsSpan<float>().ToArray();
        }
        var chosen = results[0].GetTensorDataAsSpan<long>();
        var scores = new float[count * source.Classes];
        for (var i = 0; i < count; i++)
        {
            if (chosen[i] < 0 || chosen[i] >= source.Classes)
                throw Error($"gives label {chosen[i]}, but the images have {source.Classes} classes");
            scores[i * source.Classes + (int)chosen[i]] = 1;
        }
        return scores;
    }

    private int PixelsPerImage => source.Input.Channels * source.Input.Height * source.Input.Width;

    private long[] TensorShape(int count) => channelsLast
        ? [count, source.Input.Height, source.Input.Width, source.Input.Channels]
        : [count, source.Input.Channels, source.Input.Height, source.Input.Width];

    private static bool MatchesShape(int[] dimensions, int first, int second, int third) =>
        (dimensions[1] <= 0 || dimensions[1] == first) && (dimensions[2] <= 0 || dimensions[2] == second)
        && (dimensions[3] <= 0 || dimensions[3] == third);

    private static (string Type, long[] Shape) GetTensorInfo(OrtValue value)
    {
        if (!value.IsTensor) return ("no tensor", []);
        var info = value.GetTensorTypeAndShape();
        return (info.ElementDataType.ToString(), info.Shape);
    }

    private static string DescribeTensor(NodeMetadata node) => node.IsTensor
        ? $"a {node.ElementDataType} tensor [{string.Join(", ", node.Dimensions.Select(d => d > 0 ? $"{d}" : "N"))}]"
        : "no tensor";

    private InputException Error(string fault) => new($"{source.Path}: {fault}");
}
