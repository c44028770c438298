namespace Arow.Models;

/// <summary>The images that a network takes.</summary>
/// <param name="Channels">1 for grey, 3 for colour.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Width">In pixels.</param>
public sealed record InputShape(int Channels, int Height, int Width)
{
    /// <summary>"1x28x28".</summary>
    public override string ToString() => $"{Channels}x{Height}x{Width}";
}
