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
    private const int MostHalvings = 20, MostBisections = 24;

    /// <summary>Final factor of the perturbation, off the boundary: rounding in another batch size must not change the prediction.</summary>
    private const double Clear = 1.001;

    /// <inheritdoc/>
    public ThreatModel Threat { get; } = NativeNorms.Of("hopskipjump", Threat, Norm.L2, Norm.Linf);

    /// <summary>B₀, at least 1: queries around the boundary point in the first step, √t times as many in step t; 100 as published.</summary>
    public int FirstDraws { get; init; } = 100;

    /// <summary>Number of random images tried as a start, at least 1.</summary>
    public int Starts { get; init; } = 100;

    /// <summary>
    /// Whether to continue once a misclassified image within ε is found: for users who want the smallest perturbation (with
    /// a large ε), not only whether ε suffices.
    /// </summary>
    public bool ToTheEnd { get; init; }

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
        var nearest = new Nearest(Threat, f, x, y);
        var walk = new Walk(this, f, x, y, noise, nearest);
        var rows = walk.Begin(nearest.Standing());
        for (var step = 1; rows.shape[0] > 0; step++)
        {
            using var iteration = NewDisposeScope();
            walk.ToBoundary(rows);
            if (!ToTheEnd) rows = rows.index_select(0, nearest.Suffices(rows).logical_not().nonzero().flatten());
            rows = walk.Affordable(rows, step);
            if (rows.shape[0] == 0) break;
            walk.Leap(rows, walk.Direction(rows, step), step);
            rows = rows.MoveToOuterDisposeScope();
        }
        walk.StepClear();
        return nearest.InBall().MoveToOuterDisposeScope();
    }

    /// <summary>The current point and the remaining queries of every sample. Rows are indices into the batch, [M], int64.</summary>
    private sealed class Walk
    {
        private readonly HopSkipJump _attack;
        private readonly Classifier _f;
        private readonly Tensor _x, _y, _at, _left;
        private readonly Noise _noise;
        private readonly Nearest _nearest;
        private readonly long _pixels;
        private readonly int _bisections, _block;
        private long _drawn;

        public Walk(HopSkipJump attack, Classifier f, Tensor x, Tensor y, Noise noise, Nearest nearest)
        {
            (_attack, _f, _x, _y, _noise, _nearest) = (attack, f, x, y, noise, nearest);
            (_at, _left) = (x.clone(), full([x.shape[0]], attack.Queries - 1L, ScalarType.Int64, x.device));
            _pixels = x.shape[1] * x.shape[2] * x.shape[3];
            // Down to d^-1.5 of the distance, the published threshold in L2. The published threshold in L∞, d^-2, is below
            // the resolution of float32 on real images, and is not needed since the draws are measured in L2.
            _bisections = (int)Math.Clamp(Math.Ceiling(1.5 * Math.Log2(_pixels)), 1, MostBisections);
            // Draws of one call. The size affects speed only, but the draws depend on it: so it is a function of the image size alone.
            _block = (int)Math.Clamp(16384 / _pixels, 1, 16);
        }

        /// <summary>
        /// Draws random images until one is misclassified. Published starts are noise of single pixels, which some
        /// classifiers assign to one class throughout: here the grain is 1, 2, 4, … pixels in turn, up to one colour for
        /// the whole image.
        /// </summary>
        /// <returns>The rows with a misclassified start.</returns>
        public Tensor Begin(Tensor rows)
        {
            using var scope = NewDisposeScope();
            var (c, h, w) = (_x.shape[1], _x.shape[2], _x.shape[3]);
            var grains = 1 + (int)Math.Ceiling(Math.Log2(Math.Max(h, w)));
            var noise = _noise.Stream("start");
            var begun = new List<Tensor>();
            for (var attempt = 0; attempt < _attack.Starts; attempt++)
            {
                rows = Having(rows, 1);
                if (rows.shape[0] == 0) break;
                var grain = 1 << (attempt % grains);
                var coarse = zeros([rows.shape[0], c, (h + grain - 1) / grain, (w + grain - 1) / grain], _x.dtype, _x.device);
                var start = noise.Rows(rows).Uniform(coarse, attempt)
                    .repeat_interleave(grain, 2).repeat_interleave(grain, 3)[.., .., ..(int)h, ..(int)w];
                var fooled = Ask(rows, start);
                _at.index_copy_(0, rows, start);
                _nearest.Offer(rows, start, fooled);
                begun.Add(rows.index_select(0, fooled.nonzero().flatten()));
                rows = rows.index_select(0, fooled.logical_not().nonzero().flatten());
            }
            if (begun.Count == 0) return rows.MoveToOuterDisposeScope();
            return Having(cat(begun).sort().Values, _bisections).MoveToOuterDisposeScope();
        }

        /// <summary>Bisects between the original and the current, misclassified point; the result is misclassified.</summary>
        public void ToBoundary(Tensor rows)
        {
            using var scope = NewDisposeScope();
            var (x, at) = (_x.index_select(0, rows), _at.index_select(0, rows));
            var (change, way) = (at - x, Distance(at, x));
            var (low, high) = (zeros_like(way), ones_like(way));
            for (var halving = 0; halving < _bisections; halving++)
            {
                using var iteration = NewDisposeScope();
                var middle = (low + high) / 2;
                var candidate = _attack.Threat.Norm == Norm.L2
                    ? x + middle * change
                    : x + change.maximum(-middle * way).minimum(middle * way);
                var fooled = Ask(rows, candidate.clamp_(0, 1)).reshape(-1, 1, 1, 1);
                at.copy_(where(fooled, candidate, at));
                high.copy_(where(fooled, middle, high));
                low.copy_(where(fooled, low, middle));
            }
            _at.index_copy_(0, rows, at);
            _nearest.Offer(rows, at, ones(rows.shape[0], ScalarType.Bool, _x.device));
        }

        /// <summary>Returns the rows with enough queries left for a whole step and the final one.</summary>
        public Tensor Affordable(Tensor rows, int step) => Having(rows, Draws(step) + MostHalvings + _bisections + 1);

        /// <summary>Estimates the direction at the boundary in which more images are misclassified: [M, C, H, W].</summary>
        public Tensor Direction(Tensor rows, int step)
        {
            using var scope = NewDisposeScope();
            var at = _at.index_select(0, rows).unsqueeze(1);
            var δ = Reach(rows, step).unsqueeze(1);
            var noise = _noise.Rows(rows);
            var (plain, signed) = (zeros_like(at), zeros_like(at));
            var balance = zeros([rows.shape[0], 1, 1, 1, 1], _x.dtype, _x.device);
            var draws = Draws(step);
            for (var drawn = 0L; drawn < draws; drawn += _block)
            {
                using var iteration = NewDisposeScope();
                var u = Drawn(noise, at);
                var around = (at + δ * u / Euclid(u)).clamp_(0, 1);
                var φ = 2 * Ask(rows, around).to(_x.dtype).reshape(-1, _block, 1, 1, 1) - 1;
                // The draws as clamping and rounding have changed them.
                u = (around - at) / δ;
                plain.add_(u.sum(1, keepdim: true));
                signed.add_((φ * u).sum(1, keepdim: true));
                balance.add_(φ.sum(1, keepdim: true));
            }
            // Σ (φ − φ̄) u has less variance than Σ φ u, but is zero where all predictions agree.
            var mean = balance / draws;
            var v = where(mean.abs() == 1, signed, signed - mean * plain);
            v = _attack.Threat.Norm == Norm.L2 ? v / Euclid(v).clamp_min(1e-30) : v.sign();
            return v.squeeze(1).MoveToOuterDisposeScope();
        }

        /// <summary>Takes the longest step along a direction, of ‖x' − x‖/√t and its halves, that is misclassified.</summary>
        public void Leap(Tensor rows, Tensor v, int step)
        {
            using var scope = NewDisposeScope();
            var ξ = Distance(_at.index_select(0, rows), _x.index_select(0, rows)) / Math.Sqrt(step);
            for (var halving = 0; halving <= MostHalvings - 1 && rows.shape[0] > 0; halving++)
            {
                var candidate = (_at.index_select(0, rows) + ξ * v).clamp_(0, 1);
                var fooled = Ask(rows, candidate);
                var (landed, pending) = (fooled.nonzero().flatten(), fooled.logical_not().nonzero().flatten());
                _at.index_copy_(0, rows.index_select(0, landed), candidate.index_select(0, landed));
                (rows, v, ξ) = (rows.index_select(0, pending), v.index_select(0, pending), ξ.index_select(0, pending) / 2);
            }
        }

        /// <summary>Moves images of the ball off the boundary, as far as the ball and the prediction allow.</summary>
        public void StepClear()
        {
            using var scope = NewDisposeScope();
            var rows = arange(_x.shape[0], ScalarType.Int64, _x.device);
            rows = Having(rows.index_select(0, _nearest.Suffices(rows).nonzero().flatten()), 1);
            if (rows.shape[0] == 0) return;
            var (z, x) = (_nearest.Of(rows), _x.index_select(0, rows));
            var farther = _attack.Threat.Project(x + Clear * (z - x), x);
            var still = Ask(rows, farther).nonzero().flatten();
            _nearest.Replace(rows.index_select(0, still), farther.index_select(0, still));
        }

        private long Draws(int step) => (long)Math.Ceiling(_attack.FirstDraws * Math.Sqrt(step) / _block) * _block;

        private Tensor Having(Tensor rows, long queries) =>
            rows.index_select(0, (_left.index_select(0, rows) >= queries).nonzero().flatten());

        /// <summary>
        /// Returns whether images are misclassified, at one query each: [M · k] for images [M · k, C, H, W] or
        /// [M, k, C, H, W], k for each row.
        /// </summary>
        private Tensor Ask(Tensor rows, Tensor images)
        {
            using var scope = NewDisposeScope();
            var each = images.dim() == 5 ? images.shape[1] : 1;
            _left.index_add_(0, rows, full([rows.shape[0]], -each, ScalarType.Int64, _x.device), 1);
            var labels = _y.index_select(0, rows).repeat_interleave(each);
            images = images.dim() == 5 ? images.flatten(0, 1) : images;
            return (_f(images).argmax(1) != labels).MoveToOuterDisposeScope();
        }

        /// <summary>Draws the next block of random directions: normal in L2, uniform in L∞, as published; [M, block, C, H, W].</summary>
        private Tensor Drawn(Noise noise, Tensor at)
        {
            var like = at.expand(-1, _block, -1, -1, -1).reshape(at.shape[0], -1, at.shape[3], at.shape[4]);
            var u = _attack.Threat.Norm == Norm.L2 ? noise.Normal(like, _drawn++) : 2 * noise.Uniform(like, _drawn++) - 1;
            return u.reshape(at.shape[0], _block, at.shape[2], at.shape[3], at.shape[4]);
        }

        /// <summary>
        /// Returns δ, the distance of the queries from the boundary point: 0.1 at first, then ‖x' − x‖/d, as published. The
        /// distance is Euclidean in L∞ too, as the length of the directions is. Pixels change by at least 2^-20; below that
        /// float32 rounding would decide.
        /// </summary>
        private Tensor Reach(Tensor rows, int step)
        {
            var way = Euclid((_at.index_select(0, rows) - _x.index_select(0, rows)).unsqueeze(1)).squeeze(1);
            return step == 1 ? full_like(way, 0.1) : (way / _pixels).clamp_min(Math.Pow(2, -20) * Math.Sqrt(_pixels));
        }

        private Tensor Distance(Tensor a, Tensor b) => _attack.Threat.Norm == Norm.L2
            ? (a - b).square().sum([1, 2, 3], keepdim: true).sqrt()
            : (a - b).abs().amax([1, 2, 3], keepdim: true);

        private static Tensor Euclid(Tensor v) => v.square().sum([2, 3, 4], keepdim: true).sqrt();
    }
}
