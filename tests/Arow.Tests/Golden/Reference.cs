using System.Collections.Concurrent;
using System.Text.Json;

namespace Arow.Tests.Golden;

/// <summary>The published code's numbers and the formulas that define what they were computed on.</summary>
internal static class Reference
{
    private static readonly ConcurrentDictionary<string, JsonElement> Files = [];

    public static JsonElement Read(string file) => Files.GetOrAdd(file, name =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", name))).RootElement);

    /// <summary>sin(a·i + b) over the row-major index i, float64.</summary>
    public static Tensor Wave(long[] shape, double a, double b) =>
        (arange(shape.Aggregate(1L, (m, n) => m * n), dtype: ScalarType.Float64) * a + b).sin().reshape(shape);

    /// <summary>Images whose pixels are multiples of 1/255, float64.</summary>
    public static Tensor Image(long[] shape, double a, double b) =>
        ((0.5 + 0.5 * Wave(shape, a, b)) * 255).round() / 255;

    /// <summary>The network of attacks.json: float64 inside, the type of the images outside.</summary>
    public static Classifier ToyNetwork(double seed)
    {
        Tensor Weight(int layer, params long[] shape) =>
            ((double[])[0.35, 0.14, 0.12])[layer] * Wave(shape, 1.7 + 0.3 * layer + seed, 0.2 + layer);
        Tensor Bias(int layer, long n) => 0.05 * Wave([n], 0.9 + seed, 0.1 * layer);

        var (w0, w1, w2) = (Weight(0, 8, 3, 3, 3), Weight(1, 16, 8, 3, 3), Weight(2, 10, 256));
        var (b0, b1, b2) = (Bias(0, 8), Bias(1, 16), Bias(2, 10));
        return x =>
        {
            var h = F.conv2d(x.to(ScalarType.Float64), w0, b0, padding: [1, 1]).relu();
            h = F.conv2d(h, w1, b1, strides: [2, 2], padding: [1, 1]).relu();
            return F.linear(h.flatten(1), w2, b2).to(x.dtype);
        };
    }

    public static double[] Numbers(this JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetDouble())];

    public static Tensor Labels(this JsonElement array) => tensor(array.EnumerateArray().Select(v => v.GetInt64()).ToArray());

    /// <summary>Fails with the largest deviation when two tensors differ anywhere by more than the tolerance.</summary>
    public static void AssertClose(double[] expected, Tensor actual, double tolerance)
    {
        using var scope = NewDisposeScope();
        var difference = (actual.detach().to(ScalarType.Float64).flatten() - tensor(expected)).abs().max().item<double>();
        Assert.True(difference <= tolerance, $"differs by {difference:g3}, more than {tolerance:g3}");
    }
}
