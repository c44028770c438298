namespace Arow.Attacks;

/// <summary>
/// PGD that checks the prediction at every point that it steps from. It counts the points at which a sample is correctly
/// classified (GAIRAT, Zhang et al. 2021), and stops a sample τ steps after it is misclassified (FAT, Zhang et al. 2020).
/// Each sample's result is the same as if it were alone; finished samples cost nothing more.
/// </summary>
internal static class EarlyStoppedPgd
{
    /// <summary>Returns the adversarial images, and κ: [N], int64.</summary>
    public static (Tensor XAdv, Tensor Withstood) Run(Pgd pgd, Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        var criterion = pgd.Loss.Bind(f, x, y);
        var xAdv = pgd.Threat.StartPoint(x, pgd.Start, noise);
        var rows = arange(x.shape[0], dtype: ScalarType.Int64, device: x.device);
        var correctSteps = zeros_like(rows);
        var patience = full_like(rows, pgd.Tau ?? pgd.Steps);
        for (var step = 0; step < pgd.Steps; step++)
        {
            using var iteration = NewDisposeScope();
            var points = xAdv.index_select(0, rows);
            var (g, z) = Gradient(f, criterion, points, rows, x.shape[0]);

            var correct = z.argmax(1) == y.index_select(0, rows);
            var active = correct | (patience.index_select(0, rows) > 0);
            correctSteps.index_add_(0, rows, correct.to(ScalarType.Int64), 1);
            patience.index_add_(0, rows, correct.logical_not().to(ScalarType.Int64), -1);

            // Without τ no sample stops, and the device need not be synchronised.
            if (pgd.Tau is not null)
            {
                var remaining = active.nonzero().flatten();
                if (remaining.shape[0] == 0) break;
                if (remaining.shape[0] < rows.shape[0])
                {
                    (points, g) = (points.index_select(0, remaining), g.index_select(0, remaining));
                    rows = rows.index_select(0, remaining).MoveToOuterDisposeScope();
                }
            }
            var next = pgd.Threat.Project(pgd.Threat.Step(points, g, pgd.StepSize), x.index_select(0, rows));
            xAdv.index_copy_(0, rows, next);
        }
        return (xAdv.MoveToOuterDisposeScope(), correctSteps.MoveToOuterDisposeScope());
    }

    /// <summary>Computes the gradient of some rows' criterion, and their logits.</summary>
    private static (Tensor Gradient, Tensor Logits) Gradient(Classifier f, Criterion criterion, Tensor points, Tensor rows, long n)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var leaf = points.detach().requires_grad_();
        var z = f(leaf);
        // The criterion expects the whole batch: finished rows have logits of zero and are not summed.
        var all = rows.shape[0] == n ? z : zeros([n, z.shape[1]], z.dtype, z.device).index_copy(0, rows, z);
        criterion(all).index_select(0, rows).sum().backward(inputs: [leaf]);
        return (leaf.grad!.MoveToOuterDisposeScope(), z.detach().MoveToOuterDisposeScope());
    }
}
