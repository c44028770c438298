using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Arow.Tests.Unit.Onnx;

/// <summary>Tensors of ONNX Runtime as those of libtorch.</summary>
internal static class OnnxRuntimeTensors
{
    public static Tensor ToTensor(OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        return (info.ElementDataType switch
        {
            TensorElementType.Float => tensor(value.GetTensorDataAsSpan<float>().ToArray()),
            TensorElementType.Double => tensor(value.GetTensorDataAsSpan<double>().ToArray()),
            TensorElementType.Int64 => tensor(value.GetTensorDataAsSpan<long>().ToArray()),
            TensorElementType.Int32 => tensor(value.GetTensorDataAsSpan<int>().ToArray()),
            TensorElementType.Bool => tensor(value.GetTensorDataAsSpan<bool>().ToArray()),
            var other => throw new NotSupportedException($"{other}"),
        }).reshape(info.Shape);
    }
}
