using Arow.Models;
using TorchSharp.Modules;

namespace Arow.Bench;

/// <summary>A training step to be timed: ARoW with PGD-10 on KL, as the paper trains.</summary>
/// <param name="Architecture">A name of the Catalog.</param>
/// <param name="Input">The images.</param>
/// <param name="Batch">Images in a step.</param>
internal sealed record Job(string Architecture, InputShape Input, int Batch)
{
    public const int Classes = 10;
    public const int AttackSteps = 10;
    public const double Epsilon = 8.0 / 255;
    public const double Lambda = 3.5;
    public const double Smoothing = 0.2;
    public const double LearningRate = 0.01;

    /// <summary>The main jobs.</summary>
    public static readonly IReadOnlyList<Job> Main =
    [
        new("small-cnn", new InputShape(1, 28, 28), 128),
        new("resnet18", new InputShape(3, 32, 32), 64),
    ];

    /// <summary>Whether there is anything to fold.</summary>
    public bool HasBatchNorm => Architecture != "small-cnn";

    public override string ToString() => $"{Architecture}, {Input}, batch {Batch}";

    public Network CreateNetwork() => Network.Create(Architecture, Input, Classes, Normalization.None, seed: 0);

    /// <summary>Digits, drawn by code: the same images everywhere.</summary>
    public (Tensor X, Tensor Y) Images()
    {
        using var scope = NewDisposeScope();
        using var set = new Data.Glyphs(Colour: Input.Channels == 3).Draw(Data.Split.Train, Batch);
        return (Data.ImageSet.ToPixels(set.Images).MoveToOuterDisposeScope(), set.Labels.alias().MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Floating-point operations of an ideal step: one clean pass, in every attack step one forward pass and one gradient
    /// of the images, and one pass over clean and adversarial images with the gradients of weights and activations, each
    /// of which costs what a forward pass costs. Only products count. What is done twice counts once.
    /// </summary>
    public double Operations()
    {
        using var network = CreateNetwork();
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        double forward = 0, first = 0;
        foreach (var module in network.Module.modules())
        {
            if (module is Conv2d convolution) convolution.register_forward_hook((_, _, z) => Count(convolution.weight, z));
            if (module is Linear linear) linear.register_forward_hook((_, _, z) => Count(linear.weight, z));
        }
        network.ForEvaluation()(zeros(1, Input.Channels, Input.Height, Input.Width));
        // The training pass needs no gradient of the images.
        return Batch * (forward * (1 + 2 * AttackSteps + 2 * 3) - 2 * first);

        Tensor Count(Tensor weight, Tensor z)
        {
            var operations = 2.0 * z.numel() * weight.numel() / weight.shape[0];
            if (forward == 0) first = operations;
            forward += operations;
            return z;
        }
    }
}
