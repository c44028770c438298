namespace Arow.Attacks;

/// <summary>An attack that is several in turn, each on the images that those before it left correctly classified.</summary>
public interface IEnsemble : IAttack
{
    /// <summary>The attacks, in order.</summary>
    IReadOnlyList<IAttack> Parts { get; }

    /// <summary>Attacks as they are run and counted: ensembles by their parts, which may be ensembles themselves.</summary>
    /// <param name="attacks">In order.</param>
    static IReadOnlyList<IAttack> Flatten(IEnumerable<IAttack> attacks) =>
        [.. attacks.SelectMany(attack => attack is IEnsemble ensemble ? Flatten(ensemble.Parts) : [attack])];
}
