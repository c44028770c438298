namespace Arow.Attacks;

/// <summary>
/// HopSkipJump (Chen, Jordan, Wainwright 2020), which uses only the predicted class. From a misclassified image it moves
/// along the decision boundary towards the original: it estimates the normal of the boundary from the predicted classes
/// of many images around a boundary point, takes a step along it, and returns to the boundary by bisection towards the
/// original. The attack returns images of the ball: the nearest misclassified image if it is within ε, its projection
/// otherwise. Images misclassified from the start are returned unchanged.
/// </summary>
/// <param name="Threat">The perturbations allowed, in L2 or L∞.</param>
/// <param name="Queries">
/// Maximum number of queries for each image, at least 1; a step is only begun if it can be finished. The paper reports
/// 1,000 to 25,000.
/// </param>
public sealed record HopSkipJump(ThreatModel Threat, int Queries = 5000) : IAttack
{
    /// <summary>Maximum halvings of a step before it is abandoned, and of the distance to the original: the limit of float32.</summary>
    private const int MaximumHalvings = 20, MaximumBisections = 24;

    /// <summary>Final factor of the perturbation, off the boundary: rounding in another batch size must not change the prediction.</summary>
    private const double FinalFactor = 1.001;

    /// <inheritdoc/>
    public ThreatModel Threat { get; } = SupportedNorms.Require("hopskipjump", Threat, Norm.L2, Norm.Linf);

    /// <summary>B₀, at least 1: queries around the boundary point in the first step, √t times as many in step t; 100 as published.</summary>
    public int InitialQueries { get; init; } = 100;

    /// <summary>Number of random images tried as a start, at least 1.</summary>
    public int StartAttempts { get; init; } = 100;

    /// <summary>
    /// Whether to continue once a misclassified image within ε is found: for users who want the smallest perturbation (with
    /// a large ε), not only whether ε suffices.
    /// </summary>
    public bool MinimizePerturbation { get; init; }

    /// <inheritdoc/>
    public string Name => "hopskipjump";

    /// <inheritdoc/>
    public Access Needs => Access.Labels;

    /// <inheritdoc/>
    public long Passes(int classes) => Queries;

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var nearest = new NearestAdversarials(Threat, f, x, y);
        var search = new Search(this, f, x, y, noise, nearest);
        var rows = search.FindStarts(nearest.PendingRows());
        for (var step = 1; rows.shape[0] > 0; step++)
        {
            using var iteration = NewDisposeScope();
            search.BisectToBoundary(rows);
            if (!MinimizePerturbation) rows = rows.index_select(0, nearest.IsWithinEpsilon(rows).logical_not().nonzero().flatten());
            rows = search.WithBudgetForStep(rows, step);
            if (rows.shape[0] == 0) break;
            search.StepAlong(rows, search.EstimateNormal(rows, step), step);
            rows = rows.MoveToOuterDisposeScope();
        }
        search.MoveOffBoundary();
        return nearest.ProjectedOntoBall().MoveToOuterDisposeScope();
    }

    /// <summary>The current point and the remaining queries of every sample. Rows are indices into the batch, [M], int64.</summary>
    private sealed class Search
    {
        private readonly HopSkipJump options;
        private readonly Classifier classifier;
        private readonly Tensor originals, trueClasses, current, queriesLeft;
        private readonly Noise randomness;
        private readonly NearestAdversarials adversarials;
        private readonly long pixels;
        private readonly int bisections, blockSize;
        private long drawIndex;

        public Search(HopSkipJump attack, Classifier f, Tensor x, Tensor y, Noise noise, NearestAdversarials nearest)
        {
            (options, classifier, originals, trueClasses, randomness, adversarials) = (attack, f, x, y, noise, nearest);
            (current, queriesLeft) = (x.clone(), full([x.shape[0]], attack.Queries - 1L, ScalarType.Int64, x.device));
            pixels = x.shape[1] * x.shape[2] * x.shape[3];
            // Down to d^-1.5 of the distance, the published threshold in L2. The published threshold in L∞, d^-2, is below
            // the resolution of float32 on real images, and is not needed since the draws are measured in L2.
            bisections = (int)Math.Clamp(Math.Ceiling(1.5 * Math.Log2(pixels)), 1, MaximumBisections);
            // Draws of one call. The size affects speed only, but the draws depend on it: so it is a function of the image size alone.
            blockSize = (int)Math.Clamp(16384 / pixels, 1, 16);
        }

        /// <summary>
        /// Draws random images until one is misclassified. Published starts are noise of single pixels, which some
        /// classifiers assign to one class throughout: here the grain is 1, 2, 4, … pixels in turn, up to one colour for
        /// the whole image.
        /// </summary>
        /// <returns>The rows with a misclassified start.</returns>
        public Tensor FindStarts(Tensor rows)
        {
            using var scope = NewDisposeScope();
            var (c, h, w) = (originals.shape[1], originals.shape[2], originals.shape[3]);
            var grains = 1 + (int)Math.Ceiling(Math.Log2(Math.Max(h, w)));
            var noise = randomness.Stream("start");
            var started = new List<Tensor>();
            for (var attempt = 0; attempt < options.StartAttempts; attempt++)
            {
                rows = WithQueriesLeft(rows, 1);
                if (rows.shape[0] == 0) break;
                var grain = 1 << (attempt % grains);
                var coarse = zeros([rows.shape[0], c, (h + grain - 1) / grain, (w + grain - 1) / grain], originals.dtype, originals.device);
                var start = noise.Rows(rows).Uniform(coarse, attempt)
                    .repeat_interleave(grain, 2).repeat_interleave(grain, 3)[.., .., ..(int)h, ..(int)w];
                var misclassified = Query(rows, start);
                current.index_copy_(0, rows, start);
                adversarials.Update(rows, start, misclassified);
                started.Add(rows.index_select(0, misclassified.nonzero().flatten()));
                rows = rows.index_select(0, misclassified.logical_not().nonzero().flatten());
            }
            if (started.Count == 0) return rows.MoveToOuterDisposeScope();
            return WithQueriesLeft(cat(started).sort().Values, bisections).MoveToOuterDisposeScope();
        }

        /// <summary>Bisects between the original and the current, misclassified point; the result is misclassified.</summary>
        public void BisectToBoundary(Tensor rows)
        {
            using var scope = NewDisposeScope();
            var (x, points) = (originals.index_select(0, rows), current.index_select(0, rows));
            var (change, distance) = (points - x, Distance(points, x));
            var (low, high) = (zeros_like(distance), ones_like(distance));
            for (var halving = 0; halving < bisections; halving++)
            {
                using var iteration = NewDisposeScope();
                var middle = (low + high) / 2;
                var candidate = options.Threat.Norm == Norm.L2
                    ? x + middle * change
                    : x + change.maximum(-middle * distance).minimum(middle * distance);
                var misclassified = Query(rows, candidate.clamp_(0, 1)).reshape(-1, 1, 1, 1);
                points.copy_(where(misclassified, candidate, points));
                high.copy_(where(misclassified, middle, high));
                low.copy_(where(misclassified, low, middle));
            }
            current.index_copy_(0, rows, points);
            adversarials.Update(rows, points, ones(rows.shape[0], ScalarType.Bool, originals.device));
        }

        /// <summary>Returns the rows with enough queries left for a whole step and the final one.</summary>
        public Tensor WithBudgetForStep(Tensor rows, int step) => WithQueriesLeft(rows, DrawCount(step) + MaximumHalvings + bisections + 1);

        /// <summary>Estimates the direction at the boundary in which more images are misclassified: [M, C, H, W].</summary>
        public Tensor EstimateNormal(Tensor rows, int step)
        {
            using var scope = NewDisposeScope();
            var points = current.index_select(0, rows).unsqueeze(1);
            var δ = QueryRadius(rows, step).unsqueeze(1);
            var noise = randomness.Rows(rows);
            var (plain, signed) = (zeros_like(points), zeros_like(points));
            var balance = zeros([rows.shape[0], 1, 1, 1, 1], originals.dtype, originals.device);
            var draws = DrawCount(step);
            for (var drawn = 0L; drawn < draws; drawn += blockSize)
            {
                using var iteration = NewDisposeScope();
                var u = DrawDirections(noise, points);
                var queries = (points + δ * u / EuclideanNorm(u)).clamp_(0, 1);
                var φ = 2 * Query(rows, queries).to(originals.dtype).reshape(-1, blockSize, 1, 1, 1) - 1;
                // The draws as clamping and rounding have changed them.
                u = (queries - points) / δ;
                plain.add_(u.sum(1, keepdim: true));
                signed.add_((φ * u).sum(1, keepdim: true));
                balance.add_(φ.sum(1, keepdim: true));
            }
            // Σ (φ − φ̄) u has less variance than Σ φ u, but is zero where all predictions agree.
            var mean = balance / draws;
            var v = where(mean.abs() == 1, signed, signed - mean * plain);
            v = options.Threat.Norm == Norm.L2 ? v / EuclideanNorm(v).clamp_min(1e-30) : v.sign();
            return v.squeeze(1).MoveToOuterDisposeScope();
        }

        /// <summary>Takes the longest step along a direction, of ‖x' − x‖/√t and its halves, that is misclassified.</summary>
        public void StepAlong(Tensor rows, Tensor v, int step)
        {
            using var scope = NewDisposeScope();
            var ξ = Distance(current.index_select(0, rows), originals.index_select(0, rows)) / Math.Sqrt(step);
            for (var halving = 0; halving <= MaximumHalvings - 1 && rows.shape[0] > 0; halving++)
            {
                var candidate = (current.index_select(0, rows) + ξ * v).clamp_(0, 1);
                var misclassified = Query(rows, candidate);
                var (succeeded, pending) = (misclassified.nonzero().flatten(), misclassified.logical_not().nonzero().flatten());
                current.index_copy_(0, rows.index_select(0, succeeded), candidate.index_select(0, succeeded));
                (rows, v, ξ) = (rows.index_select(0, pending), v.index_select(0, pending), ξ.index_select(0, pending) / 2);
            }
        }

        /// <summary>Moves images of the ball off the boundary, as far as the ball and the prediction allow.</summary>
        public void MoveOffBoundary()
        {
            using var scope = NewDisposeScope();
            var rows = arange(originals.shape[0], ScalarType.Int64, originals.device);
            rows = WithQueriesLeft(rows.index_select(0, adversarials.IsWithinEpsilon(rows).nonzero().flatten()), 1);
            if (rows.shape[0] == 0) return;
            var (z, x) = (adversarials.Select(rows), originals.index_select(0, rows));
            var farther = options.Threat.Project(x + FinalFactor * (z - x), x);
            var unchanged = Query(rows, farther).nonzero().flatten();
            adversarials.Replace(rows.index_select(0, unchanged), farther.index_select(0, unchanged));
        }

        private long DrawCount(int step) => (long)Math.Ceiling(options.InitialQueries * Math.Sqrt(step) / blockSize) * blockSize;

        private Tensor WithQueriesLeft(Tensor rows, long queries) =>
            rows.index_select(0, (queriesLeft.index_select(0, rows) >= queries).nonzero().flatten());

        /// <summary>
        /// Returns whether images are misclassified, at one query each: [M · k] for images [M · k, C, H, W] or
        /// [M, k, C, H, W], k for each row.
        /// </summary>
        private Tensor Query(Tensor rows, Tensor images)
        {
            using var scope = NewDisposeScope();
            var each = images.dim() == 5 ? images.shape[1] : 1;
            queriesLeft.index_add_(0, rows, full([rows.shape[0]], -each, ScalarType.Int64, originals.device), 1);
            var labels = trueClasses.index_select(0, rows).repeat_interleave(each);
            images = images.dim() == 5 ? images.flatten(0, 1) : images;
            return (classifier(images).argmax(1) != labels).MoveToOuterDisposeScope();
        }

        /// <summary>Draws the next block of random directions: normal in L2, uniform in L∞, as published; [M, block, C, H, W].</summary>
        private Tensor DrawDirections(Noise noise, Tensor points)
        {
            var like = points.expand(-1, blockSize, -1, -1, -1).reshape(points.shape[0], -1, points.shape[3], points.shape[4]);
            var u = options.Threat.Norm == Norm.L2 ? noise.Normal(like, drawIndex++) : 2 * noise.Uniform(like, drawIndex++) - 1;
            return u.reshape(points.shape[0], blockSize, points.shape[2], points.shape[3], points.shape[4]);
        }

        /// <summary>
        /// Returns δ, the distance of the queries from the boundary point: 0.1 at first, then ‖x' − x‖/d, as published. The
        /// distance is Euclidean in L∞ too, as the length of the directions is. Pixels change by at least 2^-20; below that
        /// float32 rounding would decide.
        /// </summary>
        private Tensor QueryRadius(Tensor rows, int step)
        {
            var distance = EuclideanNorm((current.index_select(0, rows) - originals.index_select(0, rows)).unsqueeze(1)).squeeze(1);
            return step == 1 ? full_like(distance, 0.1) : (distance / pixels).clamp_min(Math.Pow(2, -20) * Math.Sqrt(pixels));
        }

        private Tensor Distance(Tensor a, Tensor b) => ThreatModel.NormPerSample(a - b, options.Threat.Norm);

        private static Tensor EuclideanNorm(Tensor v) => v.square().sum([2, 3, 4], keepdim: true).sqrt();
    }
}
