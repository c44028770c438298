namespace Arow.Attacks;

/// <summary>An attack that runs several attacks in turn, each on the images that earlier ones left correctly classified.</summary>
public interface IEnsemble : IAttack
{
    /// <summary>The attacks, in order.</summary>
    IReadOnlyList<IAttack> Attacks { get; }

    /// <summary>Returns the attacks that run and are counted: ensembles are replaced by their attacks, recursively.</summary>
    /// <param name="attacks">In order.</param>
    static IReadOnlyList<IAttack> Flatten(IEnumerable<IAttack> attacks) =>
        [.. attacks.SelectMany(attack => attack is IEnsemble ensemble ? Flatten(ensemble.Attacks) : [attack])];
}
