namespace Arow.Tests.Unit.Evaluation;

/// <summary>
/// A world that can be checked by hand: images of one brightness, class "bright" above one half and "dark" below, margin
/// of a bright image = 2 · brightness − 1.
/// </summary>
internal static class Brightness
{
    public static Tensor Classify(Tensor x)
    {
        var mean = x.flatten(1).mean([1], keepdim: true);
        return cat([mean, 1 - mean], dim: 1);
    }

    /// <summary>Grey images of 2 x 2 pixels, all labelled bright.</summary>
    public static ImageSet Bright(params byte[] values) => new(
        "brightness",
        tensor(values, dtype: ScalarType.Byte).reshape(values.Length, 1, 1, 1).expand(values.Length, 1, 2, 2).contiguous(),
        zeros(values.Length, ScalarType.Int64), ["bright", "dark"]);

    /// <summary>An attack that does what it is told.</summary>
    public sealed record Told(string Name, ThreatModel Threat, Func<Tensor, Tensor> Move) : IAttack
    {
        public List<double> Seen { get; } = [];

        public Access Needs => Access.Labels;

        public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
        {
            Seen.AddRange(x.flatten(1).mean([1]).data<float>().Select(b => Math.Round(255.0 * b)));
            return Move(x);
        }
    }

    public static Told Darken(string name, double by, double epsilon = 0.2) => new(name, new ThreatModel(Norm.Linf, epsilon), x => x - by);

    public static EvaluationResult Evaluate(Classifier f, ImageSet images, int batchSize, long seed, IReadOnlyList<IAttack> attacks) =>
        new Evaluator(new AttackRunner(f, images, batchSize, seed)).Run(attacks, TestContext.Current.CancellationToken);
}
