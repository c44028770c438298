namespace Arow.Attacks;

/// <summary>
/// An ensemble (Croce and Hein 2020): each attack in turn tries the images that are still classified rightly, always from
/// the original.
/// </summary>
/// <param name="Threat">The perturbations allowed, the same for every part.</param>
/// <param name="Parts">The attacks, in order.</param>
public sealed record AutoAttack(ThreatModel Threat, IReadOnlyList<IAttack> Parts) : IAttack
{
    /// <inheritdoc/>
    public string Name { get; init; } = string.Join('+', Parts.Select(part => part.Name));

    /// <inheritdoc/>
    public Access Needs => Parts.Min(part => part.Needs);

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        var xAdv = x.clone();
        foreach (var part in Parts)
        {
            using var turn = NewDisposeScope();
            var standing = Standing.Of(f, xAdv, y);
            if (standing.shape[0] == 0) break;
            var tried = part.Perturb(
                f, x.index_select(0, standing), y.index_select(0, standing), noise.Rows(standing).Stream(part.Name));
            xAdv.index_copy_(0, standing, tried);
        }
        return xAdv.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes(int classes) => [.. Parts.SelectMany(part => part.Notes(classes)).Distinct()];
}
