namespace Arow.Models;

/// <summary>The shape of a network's input images.</summary>
/// <param name="Channels">1 for grey, 3 for colour.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Width">Width in pixels.</param>
public sealed record InputShape(int Channels, int Height, int Width)
{
    /// <summary>"1x28x28".</summary>
    public override string ToString() => $"{Channels}x{Height}x{Width}";
}
