namespace Arow.Objectives;

/// <summary>An objective of the Catalog and the values that it was published with.</summary>
/// <param name="Lambda">λ; null if it has none.</param>
/// <param name="Smoothing">α; null if it has none.</param>
/// <param name="Create">From λ and α to the objective.</param>
public sealed record Method(double? Lambda, double? Smoothing, Func<double, double, IObjective> Create);
