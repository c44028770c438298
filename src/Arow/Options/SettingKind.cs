namespace Arow.Options;

/// <summary>Kinds of option values.</summary>
internal enum SettingKind
{
    /// <summary>A text, or a name of the Catalog.</summary>
    Text,

    /// <summary>A file or a folder.</summary>
    Path,

    /// <summary>An integer.</summary>
    Integer,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A number that keeps its text: 8/255.</summary>
    Ratio,

    /// <summary>True or false; "true" may be omitted on the command line.</summary>
    Flag,

    /// <summary>A name of an enumeration.</summary>
    Choice,

    /// <summary>Several values, separated by commas.</summary>
    List,
}
