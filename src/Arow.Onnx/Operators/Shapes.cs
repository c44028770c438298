namespace Arow.Onnx.Operators;

/// <summary>Shapes as lists of sizes.</summary>
internal static class Shapes
{
    /// <summary>The shape that tensors are broadcast to; null if they do not fit.</summary>
    public static long[]? Broadcast(params long[][] shapes)
    {
        var result = new long[shapes.Max(s => s.Length)];
        Array.Fill(result, 1);
        foreach (var shape in shapes)
        {
            for (var i = 1; i <= shape.Length; i++)
            {
                if (shape[^i] == 1 || shape[^i] == result[^i]) continue;
                if (result[^i] != 1) return null;
                result[^i] = shape[^i];
            }
        }
        return result;
    }

    /// <summary>Number of elements.</summary>
    public static long Product(IEnumerable<long> sizes) => sizes.Aggregate(1L, (a, b) => checked(a * b));

    /// <summary>The axes 0 to rank − 1.</summary>
    public static long[] Axes(long rank, int first = 0) => [.. Enumerable.Range(first, (int)Math.Max(0, rank - first)).Select(i => (long)i)];
}
