using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Arow.Tests.Unit.Training;

/// <summary>What a run of <c>Fixtures/old-*.zip</c> ended with where it was not stopped.</summary>
internal static class ExpectedWeights
{
    /// <summary>Fails if weights are not the expected ones: to the bit in the same environment, else but for roundings.</summary>
    /// <param name="expected">For each file the SHA-256 of its tensors, and the values of the last layer's weights.</param>
    /// <param name="folder">The folder of the files.</param>
    /// <param name="same">Whether processor and libraries compute the same bits as then.</param>
    /// <param name="steps">The steps that were left, at most.</param>
    public static void AssertReached(string expected, string folder, bool same, int steps)
    {
        foreach (var (file, known) in JsonNode.Parse(File.ReadAllText(expected))!.AsObject())
        {
            using var weights = Safetensors.Read(Path.Combine(folder, file));
            if (same) Assert.Equal($"{known!["sha256"]}", Sha256(weights));
            var head = known!["head"]!.AsArray().Select(value => (float)value!).ToArray();
            AssertNear(head, weights.Tensors.Values.Single(tensor => tensor.dim() == 2).data<float>().ToArray(), steps);
        }
    }

    /// <summary>
    /// A sum of n products is off by up to n roundings, here 72; a gradient is made of some 60 such sums (20 layers, forward and backward, attack and
    /// loss): 72 · 60 · 2⁻²⁴ of the largest weight for each step. The attacks' steps have no sign that rounding could turn.
    /// </summary>
    private static void AssertNear(float[] expected, float[] actual, int steps)
    {
        var tolerance = 72 * 60 * steps * MathF.Pow(2, -24) * expected.Max(MathF.Abs);
        Assert.Equal(expected.Length, actual.Length);
        var apart = expected.Zip(actual).Max(pair => MathF.Abs(pair.First - pair.Second));
        Assert.InRange(apart, 0, tolerance);
    }

    private static string Sha256(SafetensorsFile weights)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, value) in weights.Tensors.OrderBy(tensor => tensor.Key, StringComparer.Ordinal)) hash.AppendData(value.bytes);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
