namespace Arow.Cli;

/// <summary>How much is written besides results.</summary>
internal enum Verbosity
{
    /// <summary>Results, errors, and that a stop was requested.</summary>
    Quiet,

    /// <summary>Also progress and warnings.</summary>
    Normal,

    /// <summary>Also what is measured and chosen.</summary>
    Verbose,
}
