using System.Text;

namespace Arow.Faults.Files;

/// <summary>A small TorchScript module, record by record.</summary>
internal static class TorchScriptWriter
{
    /// <summary>The code of a module with one weight, w [189, 5].</summary>
    /// <param name="result">What it returns.</param>
    /// <param name="line">A line before.</param>
    /// <param name="returns">The type that it returns.</param>
    public static string Body(string result, string line = "pass", string returns = "Tensor") => $"""
        class M(Module):
          __parameters__ = ["w", ]
          __buffers__ = []
          w : Tensor
          training : bool
          def forward(self: __torch__.M,
            x: Tensor) -> {returns}:
            {line}
            return {result}

        """;

    /// <summary>The records of an archive with that code.</summary>
    /// <param name="code">See <see cref="Body"/>.</param>
    /// <param name="isDouble">Whether the weight is of float64 instead of float32.</param>
    public static List<(string Name, byte[] Content)> Records(string code, bool isDouble = false)
    {
        var weight = Enumerable.Range(0, 189 * 5)
            .SelectMany(i => isDouble ? BitConverter.GetBytes((double)MathF.Sin(i)) : BitConverter.GetBytes(MathF.Sin(i))).ToArray();
        var pickle = "\x80\x02" + "c__torch__\nM\n)\x81}(X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\n" + (isDouble ? "Double" : "Float") + "Storage\n"
            + "X\x01\0\0\0" + "0X\x03\0\0\0" + "cpuM\xb1\x03tQK\0(K\xbdK\x05t(K\x05K\x01t\x88" + "ccollections\nOrderedDict\n)RtR"
                + "X\x08\0\0\0training\x89ub.";
        return
        [
            ("m/data/0", weight), ("m/data.pkl", Encoding.Latin1.GetBytes(pickle)), ("m/code/__torch__.py", Encoding.UTF8.GetBytes(code)),
            ("m/constants.pkl", Encoding.Latin1.GetBytes("\x80\x02).")), ("m/version", "3\n"u8.ToArray()),
        ];
    }
}
