namespace Arow.Objectives;

/// <summary>
/// Annealing self-distillation rectification (Wu, Wang, Chen 2024, ADR): labels softened for each image by the predictions of an average of the
/// network's weights, the less the more confident that average is of another class. The true class keeps the largest
/// share.
/// </summary>
/// <param name="Temperature">T of the teacher's softmax, decreasing.</param>
/// <param name="Share">L in [0, 1], the teacher's largest share in a label, increasing.</param>
public sealed record RectifiedLabels(CosineSchedule Temperature, CosineSchedule Share)
{
    /// <summary>The default of T; the paper tunes it for each data set.</summary>
    public static readonly CosineSchedule DefaultTemperature = new(2, 1);

    /// <summary>The default of L.</summary>
    public static readonly CosineSchedule DefaultShare = new(0.7, 0.95);

    /// <summary>l t + (1 − l) y with l = clip(L − (max_k t_k − t_y), 0, 1), t = softmax(z_teacher / T): [N, K], no graph.</summary>
    /// <param name="teacher">The teacher, in evaluation mode.</param>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="y">[N], int64, or probabilities of the classes, [N, K].</param>
    /// <param name="p">The progress of training, in [0, 1].</param>
    public Tensor Rectify(Classifier teacher, Tensor x, Tensor y, double p)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (T, L) = (Temperature.ValueAt(p), Share.ValueAt(p));
        var z = teacher(x);
        var t = F.softmax(z / T, 1);
        var given = (y.dim() == 1 ? F.one_hot(y, z.shape[1]) : y).to(t.dtype);
        var l = (L - (t.amax([1]) - (given * t).sum(1))).clamp(0, 1).unsqueeze(1);
        return (l * t + (1 - l) * given).MoveToOuterDisposeScope();
    }
}
