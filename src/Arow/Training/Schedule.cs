namespace Arow.Training;

/// <summary>
/// The learning rate as a function of the epochs done, including fractions: there is no state to save
/// or restore.
/// </summary>
/// <param name="BaseRate">The rate after a number of epochs.</param>
/// <param name="WarmUp">Epochs of linear warm-up; 0 for none.</param>
public sealed record Schedule(Func<double, double> BaseRate, double WarmUp = 0)
{
    /// <summary>The named schedules, as functions of the learning rate and the options of the run.</summary>
    public static readonly IReadOnlyDictionary<string, Func<double, TrainingOptions, Schedule>> ByName = new OrderedDictionary<string, Func<double,
    TrainingOptions, Schedule>>
    {
        ["constant"] = (rate, _) => Constant(rate),
        ["multistep"] = (rate, o) =>
            MultiStep(rate, o.Milestones ?? [.. new[] { Math.Max(1, o.Epochs / 2), Math.Max(1, o.Epochs * 5 / 6) }.Distinct()]),
        ["cosine"] = (rate, o) => Cosine(rate, o.Epochs),
        ["cyclic"] = (rate, o) => Cyclic(rate, o.Epochs),
        ["one-cycle"] = (rate, o) => OneCycle(rate, o.Epochs),
    };

    /// <summary>A constant rate.</summary>
    public static Schedule Constant(double rate) => new(_ => rate);

    /// <summary>A tenth of the rate after each milestone, in whole epochs.</summary>
    public static Schedule MultiStep(double rate, IReadOnlyList<int> milestones) =>
        new(epoch => rate * Math.Pow(0.1, milestones.Count(m => epoch >= m)));

    /// <summary>Half a cosine from the rate to zero, epoch by epoch (Loshchilov and Hutter 2017).</summary>
    public static Schedule Cosine(double rate, int epochs) =>
        new(epoch => rate * (1 + Math.Cos(Math.PI * Math.Floor(epoch) / epochs)) / 2);

    /// <summary>One cycle: up to the rate during the first fifth of the run, then down to zero, step by step.</summary>
    public static Schedule Cyclic(double rate, int epochs)
    {
        const double Rising = 0.2;
        return new(epoch => rate * Math.Min(epoch / epochs / Rising, (1 - epoch / epochs) / (1 - Rising)));
    }

    /// <summary>
    /// One cycle of cosines: from a 25th of the rate up to it during the first fifth of the run, then down to nearly zero, step
    /// by step (Smith and Topin 2019, like torch's OneCycleLR, but with constant momentum).
    /// </summary>
    public static Schedule OneCycle(double rate, int epochs)
    {
        const double Rising = 0.2, First = 1.0 / 25, Last = First / 1e4;
        static double Between(double from, double to, double share) => to + (from - to) * (1 + Math.Cos(Math.PI * share)) / 2;
        return new(epoch => epoch / epochs is var done && done < Rising
            ? rate * Between(First, 1, done / Rising)
            : rate * Between(1, Last, Math.Min(1, (done - Rising) / (1 - Rising))));
    }

    /// <summary>Returns the rate of the optimizer step that starts after <paramref name="epoch"/> epochs.</summary>
    /// <param name="epoch">Epochs done, including fractions.</param>
    /// <param name="step">Length of a step in epochs: the first step of the warm-up does not have a rate of zero.</param>
    public double RateAt(double epoch, double step) =>
        BaseRate(epoch) * (WarmUp > 0 ? Math.Min(1, (epoch + step) / WarmUp) : 1);
}
