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
    public static Square Create(ThreatModel threat, AttackBudget budget) => new(threat, budget.Queries ?? 5000, budget.Restarts ?? 1);

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
        var robust = CorrectlyClassified.Find(f, x, y);
        for (var restart = 0; restart < Restarts && robust.shape[0] > 0; restart++)
        {
            using var iteration = NewDisposeScope();
            var (original, label) = (x.index_select(0, robust), y.index_select(0, robust));
            var candidates = Search(f, original, label, rules, noise.Stream(restart).Rows(robust));
            var misclassified = f(candidates).argmax(1) != label;
            if (restart > 0 || !rules.ReturnsBestFailure)
                candidates = where(misclassified.reshape(-1, 1, 1, 1), candidates, xAdv.index_select(0, robust));
            xAdv.index_copy_(0, robust, candidates);
            robust = robust.index_select(0, misclassified.logical_not().nonzero().flatten()).MoveToOuterDisposeScope();
        }
        return xAdv.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public IAttack With(Fidelity fidelity) => this with { Fidelity = fidelity };

    /// <summary>Returns the share of the image that a square covers at a query: halved repeatedly.</summary>
    internal static double SquareShare(int query) => FirstShare / (1 << Halvings.Count(after => query > after));

    private Tensor Search(Classifier f, Tensor x, Tensor y, SquareRules rules, Noise noise)
    {
        using var scope = NewDisposeScope();
        ISquareProposals proposals = Threat.Norm == Norm.Linf ? new SquareSigns(Threat.Epsilon, rules) : new SquarePyramids(Threat, rules);
        using var incremental = IIncrementalClassifier.Create(f);
        var best = proposals.Begin(x, noise.Stream(0));
        var margin = Losses.Margin(incremental.Fill(best), y);
        var rows = arange(x.shape[0], device: x.device);
        for (var query = 0; query < Queries; query++)
        {
            using var iteration = NewDisposeScope();
            var active = rules.IsActive(margin);
            if (!active.all().item<bool>())
            {
                var remaining = active.nonzero().flatten();
                (rows, x, y, margin) = (
                    rows.index_select(0, remaining).MoveToOuterDisposeScope(), x.index_select(0, remaining).MoveToOuterDisposeScope(),
                    y.index_select(0, remaining).MoveToOuterDisposeScope(), margin.index_select(0, remaining).MoveToOuterDisposeScope());
                if (rows.shape[0] == 0) break;
                incremental.Retain(remaining);
            }

            var candidates = proposals.Propose(x, best.index_select(0, rows), SquareShare(query), noise.Stream(1).Rows(rows), query);
            var newMargin = Losses.Margin(incremental.Evaluate(candidates), y);
            var improved = (newMargin < margin).nonzero().flatten();
            incremental.Accept(improved);
            best.index_copy_(0, rows.index_select(0, improved), candidates.index_select(0, improved));
            margin.index_copy_(0, improved, newMargin.index_select(0, improved));
        }
        return best.MoveToOuterDisposeScope();
    }
}
