namespace Arow.Bench;

/// <summary>What a training step does to be fast.</summary>
[Flags]
internal enum Means
{
    None = 0,

    /// <summary>The clean pass of the attack is taken once, not at every step.</summary>
    CleanOnce = 1,

    /// <summary>No gradients of weights while attacking.</summary>
    ImagesOnly = 2,

    /// <summary>Layers are computed by themselves, as here and below; without it by the modules as they are, in float32.</summary>
    Layers = 4,

    /// <summary>Products in bfloat16.</summary>
    Half = 8,

    /// <summary>The channels of a pixel lie side by side.</summary>
    ChannelsLast = 16,

    /// <summary>Batch norm is part of the convolution before it while attacking.</summary>
    Folded = 32,

    /// <summary>Images enter as two bfloat16 numbers: this one costs time, and buys the right signs of gradients.</summary>
    TwoParts = 64,

    /// <summary>Nonlinearities and sums in place, maxima before ReLU.</summary>
    InPlace = 128,

    /// <summary>One call moves all weights.</summary>
    OneCall = 256,

    /// <summary>The first layer of grey images is a loop, forth and back.</summary>
    Grey = 512,

    /// <summary>ReLU and maxima of 2x2 pixels are one loop, forth and back.</summary>
    Windows = 1024,

    /// <summary>Loops of our own run on libtorch's threads, not on .NET's.</summary>
    SameThreads = 2048,

    /// <summary>Each thread computes the gradients of weights of some images; libtorch's own way has all threads wait for each other.</summary>
    Parts = 4096,

    All = 8191,

    /// <summary>What is left where the processor has no bfloat16.</summary>
    Single = All & ~(Half | TwoParts),
}
