using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>
/// The form of a network in which the tensors of a file fit: that of the images and their classes, or one for color images that gets
/// grey ones, or one with a single logit for two classes.
/// </summary>
/// <param name="Input">Images of the network.</param>
/// <param name="Classes">Its outputs.</param>
/// <param name="RepeatsGrey">Whether grey images are repeated in three channels.</param>
/// <param name="IsBinary">Whether its single logit z stands for [0, z].</param>
/// <param name="Remarks">What is assumed, one sentence each.</param>
internal sealed record NetworkForm(InputShape Input, int Classes, bool RepeatsGrey, bool IsBinary, IReadOnlyList<string> Remarks)
{
    private const int Color = 3;

    /// <summary>Whether the network is used as it is.</summary>
    public bool IsPlain => !RepeatsGrey && !IsBinary;

    /// <summary>Finds the form from the shapes of the file's tensors.</summary>
    /// <param name="source">The images and their classes.</param>
    /// <param name="network">The network in the form of the images.</param>
    /// <param name="tensors">The tensors of the file.</param>
    public static NetworkForm Find(ModelSource source, Network network, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var state = network.State;
        var shapes = StateDictKeys.MapToNetwork(tensors.Keys, state.Keys).Where(n => state.ContainsKey(n.Key))
            .ToDictionary(n => n.Key, n => tensors[n.Value].shape);
        var color = source.Input with { Channels = Color };
        var repeats = source.Input.Channels == 1
            && (network.Input == color || network.Input == source.Input && shapes.Any(s => TakesColor(state[s.Key].shape, s.Value)));
        var binary = source.Classes == 2 && network.HeadName is { } head && shapes.GetValueOrDefault($"{head}.weight") is [1, ..];
        var positive = source.OutputClassNames is [_, var second] ? $"'{second}'" : "the second class";
        return new NetworkForm(repeats ? color : source.Input, binary ? 1 : source.Classes, repeats, binary,
        [
            .. repeats ? [ModelProbe.GreyRemark(source)] : (string[])[],
            .. binary ? [$"{source.Path}: gives one logit z per image, which is read as the logits [0, z] of two classes: z > 0 means {positive}."]
                : (string[])[],
        ]);
    }

    /// <summary>Returns the network as a function of the images to their logits.</summary>
    /// <param name="f">The network.</param>
    public Classifier Adapt(Classifier f) => IsPlain ? f : images =>
    {
        using var scope = NewDisposeScope();
        var logits = f(RepeatsGrey ? ModelProbe.RepeatGrey(images) : images);
        return (IsBinary ? ModelProbe.BinaryLogits(logits) : logits).MoveToOuterDisposeScope();
    };

    /// <summary>Whether a convolution of a file takes three channels where that of the network takes one.</summary>
    private static bool TakesColor(long[] own, long[] stored) =>
        own is [_, 1, _, _] && stored is [_, Color, _, _] && own[0] == stored[0] && own.AsSpan(2).SequenceEqual(stored.AsSpan(2));
}
