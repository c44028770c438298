namespace Arow;

/// <summary>
/// Which perturbations count: all of norm at most ε that leave the pixels in [0, 1]. A norm is a value here: what
/// differs between them is where an attack starts, which way is up, and what the nearest allowed point is.
/// </summary>
/// <param name="Norm">The norm.</param>
/// <param name="Epsilon">ε, on pixels in [0, 1]; 8/255 is the field's habit for L∞ on small colour images.</param>
public sealed record ThreatModel(Norm Norm, double Epsilon)
{
}
