namespace Arow.Cli;

/// <summary>How much is said beside the results.</summary>
internal enum Verbosity
{
    /// <summary>Results, errors, and that a stop was asked for.</summary>
    Quiet,

    /// <summary>Also progress and warnings.</summary>
    Normal,

    /// <summary>Also what is measured and chosen.</summary>
    Verbose,
}
