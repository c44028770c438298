namespace Arow.Models;

/// <summary>An architecture of the catalog.</summary>
/// <param name="Build">Creates a network with fresh weights from the image shape and the number of classes.</param>
public sealed record Architecture(Func<InputShape, int, nn.Module<Tensor, Tensor>> Build)
{
    /// <summary>The default learning rate of training.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>The factor of <see cref="LearningRate"/> at the peak of a short run's cyclic schedule, which is reached for a moment only.</summary>
    internal double ShortRunFactor { get; init; } = 1;

    /// <summary>Whether it has dropout with a configurable rate.</summary>
    public bool HasDropout { get; init; }

    /// <summary>
    /// The normalization of colour images that published weights expect and do not contain, by the number of classes; null for none.
    /// </summary>
    internal Func<int, Normalization>? PublishedNormalization { get; init; }

    /// <summary>Returns the normalization of networks that are given none.</summary>
    internal Normalization DefaultNormalization(InputShape input, int classes) =>
        PublishedNormalization?.Invoke(classes) is { } published && published.Validate(input.Channels) is null ? published : Normalization.None;
}
