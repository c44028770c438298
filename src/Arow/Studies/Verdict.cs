namespace Arow.Studies;

/// <summary>What a comparison of two arms over seeds shows.</summary>
internal enum Verdict
{
    /// <summary>Neither a difference nor that there is none worth the name.</summary>
    Undecided,

    /// <summary>The arm has the higher accuracy.</summary>
    Ahead,

    /// <summary>The arm has the lower accuracy.</summary>
    Behind,

    /// <summary>The accuracies differ by less than the margin.</summary>
    Level,
}
