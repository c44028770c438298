namespace Arow.Statistics;

/// <summary>Student's t distribution with an integer number of degrees of freedom, by its finite series.</summary>
internal static class StudentT
{
    /// <summary>
    /// P(|T| ≤ t) for ν degrees of freedom, with θ = arctan(t/√ν) (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4).
    /// </summary>
    /// <param name="t">At least 0.</param>
    /// <param name="freedom">ν, at least 1.</param>
    public static double CentralProbability(double t, int freedom)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(t);
        ArgumentOutOfRangeException.ThrowIfLessThan(freedom, 1);
        var θ = Math.Atan(t / Math.Sqrt(freedom));
        var (sin, cos) = (Math.Sin(θ), Math.Cos(θ));
        var odd = freedom % 2 == 1;
        var (term, sum) = (odd ? cos : 1, 0.0);
        for (var k = odd ? 1 : 0; k <= freedom - 2; k += 2)
        {
            sum += term;
            term *= cos * cos * (k + 1) / (k + 2);
        }
        return odd ? 2 / Math.PI * (θ + sin * sum) : sin * sum;
    }

    /// <summary>The t within which T lies with probability 0.95.</summary>
    /// <param name="freedom">ν, at least 1.</param>
    public static double Quantile(int freedom)
    {
        const double Level = 0.95;
        var (low, high) = (0.0, 13.0);
        while (high - low > 1e-12 * high)
        {
            var middle = (low + high) / 2;
            if (CentralProbability(middle, freedom) < Level) low = middle;
            else high = middle;
        }
        return (low + high) / 2;
    }

    /// <summary>P(T ≥ t) for ν degrees of freedom.</summary>
    /// <param name="t">Of either sign.</param>
    /// <param name="freedom">ν, at least 1.</param>
    public static double UpperTail(double t, int freedom)
    {
        var tail = (1 - CentralProbability(Math.Abs(t), freedom)) / 2;
        return t >= 0 ? tail : 1 - tail;
    }

    /// <summary>The 95 % interval of the mean of normally distributed values: mean ± t s/√n.</summary>
    /// <param name="values">At least one.</param>
    /// <returns>Null for one value and for equal values, whose spread is unknown.</returns>
    public static Interval? Interval(IReadOnlyCollection<double> values)
    {
        // For equal values, the deviation is not 0 only because of rounding.
        if (values.Distinct().Count() < 2) return null;
        var (mean, deviation) = Confidence.MeanAndDeviation(values);
        var half = Quantile(values.Count - 1) * deviation / Math.Sqrt(values.Count);
        return new Interval(mean - half, mean + half);
    }
}
