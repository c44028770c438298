namespace Arow.Attacks;

/// <summary>
/// The Square attack (Andriushchenko, Croce, Flammarion, Hein 2020): random search that changes one square of the image
/// at a time and keeps changes that lower the margin. It needs no gradient.
/// </summary>
/// <remarks>
/// The published code draws one pattern at each query for the whole batch, and returns the original if the image is not
/// broken. The algorithm draws each image's own patterns, and returns the image of the lowest margin.
/// </remarks>
/// <param name="Threat">The perturbations allowed.</param>
/// <param name="Queries">Number of changes tried on each image, at least 1.</param>
/// <param name="Restarts">At least 1. A sample keeps the result of the first restart that misclassifies it.</param>
public sealed record Square(ThreatModel Threat, int Queries = 5000, int Restarts = 1) : IAttack
{
    /// <summary>The share of the image that the first squares cover.</summary>
    private const double FirstShare = 0.8;

    /// <summary>The queries after which the area of a square is halved: the published schedule for 10,000 queries, never stretched.</summary>
    private static readonly int[] Halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

    /// <summary>Creates the attack; values that the budget leaves null are as published.</summary>
    public static Square Of(ThreatModel threat, AttackBudget budget) => new(threat, budget.Queries ?? 5000, budget.Restarts ?? 1);

    /// <summary>Whether to reproduce the deviations of the published code.</summary>
    internal Fidelity Fidelity { get; init; }

    /// <inheritdoc/>
    public string Name => "square";

    /// <inheritdoc/>
    public Access Needs => Access.Scores;

    /// <inheritdoc/>
    public long Passes(int classes) => (long)Queries * Restarts;

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var rules = SquareRules.For(Fidelity);
        var xAdv = x.clone();
        var standing = Standing.Of(f, x, y);
        for (var restart = 0; restart < Restarts && standing.shape[0] > 0; restart++)
        {
            using var turn = NewDisposeScope();
            var (original, label) = (x.index_select(0, standing), y.index_select(0, standing));
            var found = Search(f, original, label, rules, noise.Stream(restart).Rows(standing));
            var turned = f(found).argmax(1) != label;
            if (restart > 0 || !rules.ReturnsBestFailure)
                found = where(turned.reshape(-1, 1, 1, 1), found, xAdv.index_select(0, standing));
            xAdv.index_copy_(0, standing, found);
            standing = standing.index_select(0, turned.logical_not().nonzero().flatten()).MoveToOuterDisposeScope();
        }
        return xAdv.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public IAttack With(Fidelity fidelity) => this with { Fidelity = fidelity };

    /// <summary>Returns the share of the image that a square covers at a query: halved repeatedly.</summary>
    internal static double Share(int query) => FirstShare / (1 << Halvings.Count(after => query > after));

    private Tensor Search(Classifier f, Tensor x, Tensor y, SquareRules rules, Noise noise)
    {
        using var scope = NewDisposeScope();
        ISquareMoves moves = Threat.Norm == Norm.Linf ? new SquareSigns(Threat.Epsilon, rules) : new SquarePyramids(Threat, rules);
        using var network = IIncrementalClassifier.Of(f);
        var found = moves.Begin(x, noise.Stream(0));
        var margin = Losses.Margin(network.Begin(found), y);
        var rows = arange(x.shape[0], device: x.device);
        for (var query = 0; query < Queries; query++)
        {
            using var iteration = NewDisposeScope();
            var standing = rules.GoesOn(margin);
            if (!standing.all().item<bool>())
            {
                var staying = standing.nonzero().flatten();
                (rows, x, y, margin) = (
                    rows.index_select(0, staying).MoveToOuterDisposeScope(), x.index_select(0, staying).MoveToOuterDisposeScope(),
                    y.index_select(0, staying).MoveToOuterDisposeScope(), margin.index_select(0, staying).MoveToOuterDisposeScope());
                if (rows.shape[0] == 0) break;
                network.Keep(staying);
            }

            var tried = moves.Propose(x, found.index_select(0, rows), Share(query), noise.Stream(1).Rows(rows), query);
            var reached = Losses.Margin(network.Try(tried), y);
            var better = (reached < margin).nonzero().flatten();
            network.Take(better);
            found.index_copy_(0, rows.index_select(0, better), tried.index_select(0, better));
            margin.index_copy_(0, better, reached.index_select(0, better));
        }
        return found.MoveToOuterDisposeScope();
    }
}
