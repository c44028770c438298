namespace Arow.Models;

/// <summary>An architecture of the Catalog.</summary>
/// <param name="Build">From the images and the number of classes to a network with fresh weights.</param>
public sealed record Architecture(Func<InputShape, int, nn.Module<Tensor, Tensor>> Build)
{
    /// <summary>The learning rate that training takes by default.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>Whether it has dropout, whose rate can then be chosen.</summary>
    public bool HasDropout { get; init; }
}
