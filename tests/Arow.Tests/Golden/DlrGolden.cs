namespace Arow.Tests.Golden;

/// <summary>
/// The difference of logits ratio against the published autopgd_base.py, in float64: values, and gradients along
/// wave(0.7, 0.1), on logits 3·wave(1.9, 0.4) of which every second row is misclassified.
/// </summary>
[Numeric]
public sealed class DlrGolden
{
    private static readonly (long[] Y, double[] Dlr, double[] Targeted, double[] DlrSlope, double[] TargetedSlope)[] Cases =
    [
        ([1, 1, 3, 3],
            [-0.383984552487225, 0.99999999999977, -0.21590246571958, 0.999999999999784],
            [-0.72912652692532, 0.871301968506832, -1.50561011182151, 0.322053881429888],
            [-0.234415292523225, 3.61806086489861e-14, 0.0408481765714177, 2.17325636750612e-14],
            [-0.0115813657603809, -0.280483264065657, 0.29502810558781, 0.247165872411194]),
        ([4, 8, 7, 8],
            [-0.3423043940504, 3.11308093625417, -0.257177313612075, 5.39499997351471],
            [-3.98979947335755, 1.49244275700606, -4.52042553116505, 2.51108479890818],
            [-1.86307502431091, 4.25702655017363, -1.25056590421115, -0.208872476968612],
            [-1.44704036552056, 2.36247356761516, -2.03843896374007, -0.708753726795979]),
    ];

    [Theory, InlineData(4, 0), InlineData(10, 1)]
    public void Values_and_slopes_are_the_published_ones(long classes, int index)
    {
        using var scope = NewDisposeScope();
        var (labels, dlr, targeted, dlrSlope, targetedSlope) = Cases[index];
        var (y, w) = (tensor(labels), Reference.Wave([4, classes], 0.7, 0.1));
        var t = (y + 2).remainder(classes);
        // Fifteen digits were written down.
        Check(z => Losses.Dlr(z, y), dlr, dlrSlope);
        Check(z => Losses.TargetedDlr(z, y, t), targeted, targetedSlope);

        void Check(Func<Tensor, Tensor> loss, double[] values, double[] slopes)
        {
            var z = (3 * Reference.Wave([4, classes], 1.9, 0.4)).requires_grad_();
            var found = loss(z);
            found.sum().backward();
            Reference.AssertClose(values, found, 1e-12);
            Reference.AssertClose(slopes, (z.grad! * w).sum(1), 1e-12);
        }
    }
}
