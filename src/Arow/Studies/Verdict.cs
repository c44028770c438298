namespace Arow.Studies;

/// <summary>The verdict of a comparison of two arms over seeds.</summary>
internal enum Verdict
{
    /// <summary>Neither a difference nor equivalence is shown.</summary>
    Undecided,

    /// <summary>The arm has the higher accuracy.</summary>
    Ahead,

    /// <summary>The arm has the lower accuracy.</summary>
    Behind,

    /// <summary>The accuracies differ by less than the margin.</summary>
    Level,
}
