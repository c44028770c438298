using Arow.Checkpoints;
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
    private bool labels;

    private OnnxModel(ModelSource source, InferenceSession session)
    {
        (this.source, this.session) = (source.Named(session.ModelMetadata.CustomMetadataMap.GetValueOrDefault(ClassNames.Note)), session);
        if (session.InputMetadata.Count != 1)
            throw Fault($"takes {session.InputMetadata.Count} inputs instead of one: {string.Join(", ", session.InputNames)}");
        input = session.InputNames[0];
        var taken = session.InputMetadata[input];
        var shape = source.Input;
        if (!taken.IsTensor || taken.ElementDataType != Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float || taken.Dimensions.Length != 4)
            throw Fault($"takes {Described(taken)} instead of images, a float32 tensor [N, {shape.Channels}, {shape.Height}, {shape.Width}]");
        channelsLast = !Fits(taken.Dimensions, shape.Channels, shape.Height, shape.Width)
            && Fits(taken.Dimensions, shape.Height, shape.Width, shape.Channels);
        if (!channelsLast && !Fits(taken.Dimensions, shape.Channels, shape.Height, shape.Width))
            throw Fault($"takes {Described(taken)}, but the images are {shape}");
        batch = taken.Dimensions[0] > 0 ? taken.Dimensions[0] : null;
        normalization = source.Normalization
            ?? ModelNotes.Normalization(source.Path, shape.Channels, session.ModelMetadata.CustomMetadataMap.GetValueOrDefault)
            ?? Normalization.None;
    }

    /// <summary>Opens a model and verifies that it accepts the images; assign it to <see cref="ModelSource.Onnx"/>.</summary>
    /// <exception cref="InputException">The file is damaged, or the model is for other images or classes.</exception>
    public static LoadedModel Open(ModelSource source)
    {
        OnnxFile.Check(source.Path);
        source.Trial?.Invoke(source.Named(null));
        try
        {
            var session = Session(source.Path);
            OnnxModel? model = null;
            try
            {
                model = new OnnxModel(source, session);
                model.ChooseOutput();
                var f = FirstImages.Accept(model.source, model.Run, gradients: false);
                return new LoadedModel(f, model)
                {
                    Name = "onnx",
                    Access = model.labels ? Access.Labels : Access.Scores,
                    Normalization = model.normalization,
                    Notes = session.ModelMetadata.CustomMetadataMap,
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
            throw new InputException($"{source.Path}: cannot be loaded by ONNX Runtime: {FirstImages.Reason(e)}", e);
        }
        catch (Exception e) when (e is NullReferenceException or ArgumentException or KeyNotFoundException or IndexOutOfRangeException or OverflowException)
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

    private static InferenceSession Session(string path)
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
    private void ChooseOutput()
    {
        var count = batch ?? 2;
        using var given = OrtValue.CreateTensorValueFromMemory(new float[count * Size], Shape(count));
        using var results = session.Run(options, [input], [given], session.OutputNames);
        var found = session.OutputNames.Zip(results, (name, value) => (Name: name, Info: Info(value))).ToList();
        foreach (var (name, (type, shape)) in found)
        {
            if (type == "Float" && shape.Length == 2 && shape[0] == count)
            {
                (output, labels) = (name, false);
                return;
            }
        }
        foreach (var (name, (type, shape)) in found)
        {
            if (type == "Int64" && shape.Length is 1 or 2 && shape[0] == count && shape.Aggregate(1L, (a, b) => a * b) == count)
            {
                (output, labels) = (name, true);
                return;
            }
        }
        throw Fault("gives neither logits, a float32 tensor [N, K], nor labels, an int64 tensor [N]: "
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
            var part = pixels[(first * Size)..(Math.Min(first + step, count) * Size)];
            Array.Resize(ref part, step * Size);
            Put(scores.AsSpan(first * source.Classes), RunOne(part, step));
        }
        return tensor(scores, ScalarType.Float32, images.device).reshape(count, source.Classes).MoveToOuterDisposeScope();

        static void Put(Span<float> place, float[] some) => some.AsSpan(0, Math.Min(some.Length, place.Length)).CopyTo(place);
    }

    private float[] RunOne(float[] pixels, int count)
    {
        using var given = OrtValue.CreateTensorValueFromMemory(pixels, Shape(count));
        using var results = session.Run(options, [input], [given], [output]);
        if (!labels)
        {
            var (_, shape) = Info(results[0]);
            if (shape.Length == 2 && shape[0] == count && shape[1] != source.Classes) throw Fault(source.Unfit(shape[1]));
            if (shape.Length != 2 || shape[0] != count)
                throw Fault($"gives logits [{string.Join(", ", shape)}] for {count} images of {source.Classes} classes");
            return results[0].GetTensorDataAsSpan<float>().ToArray();
        }
        var chosen = results[0].GetTensorDataAsSpan<long>();
        var scores = new float[count * source.Classes];
        for (var i = 0; i < count; i++)
        {
            if (chosen[i] < 0 || chosen[i] >= source.Classes)
                throw Fault($"gives label {chosen[i]}, but the images have {source.Classes} classes");
            scores[i * source.Classes + (int)chosen[i]] = 1;
        }
        return scores;
    }

    private int Size => source.Input.Channels * source.Input.Height * source.Input.Width;

    private long[] Shape(int count) => channelsLast
        ? [count, source.Input.Height, source.Input.Width, source.Input.Channels]
        : [count, source.Input.Channels, source.Input.Height, source.Input.Width];

    private static bool Fits(int[] dimensions, int first, int second, int third) =>
        (dimensions[1] <= 0 || dimensions[1] == first) && (dimensions[2] <= 0 || dimensions[2] == second)
        && (dimensions[3] <= 0 || dimensions[3] == third);

    private static (string Type, long[] Shape) Info(OrtValue value)
    {
        if (!value.IsTensor) return ("no tensor", []);
        var info = value.GetTensorTypeAndShape();
        return (info.ElementDataType.ToString(), info.Shape);
    }

    private static string Described(NodeMetadata node) => node.IsTensor
        ? $"a {node.ElementDataType} tensor [{string.Join(", ", node.Dimensions.Select(d => d > 0 ? $"{d}" : "N"))}]"
        : "no tensor";

    private InputException Fault(string fault) => new($"{source.Path}: {fault}");
}
