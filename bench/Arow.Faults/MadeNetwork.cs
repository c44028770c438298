using Arow.Models;

namespace Arow.Faults;

/// <summary>A small network that has learnt nothing.</summary>
internal static class MadeNetwork
{
    public const int Classes = 3;

    public static readonly InputShape Images = new(1, 8, 8);

    public static Network Create(long seed = 1) => Network.Create("tiny-cnn", Images, Classes, Normalization.None, seed);

    /// <summary>Its tensors under PyTorch's keys.</summary>
    public static Dictionary<string, object?> State(Network network, string prefix = "") =>
        network.State.ToDictionary(s => prefix + s.Key, s => (object?)s.Value);
}
