namespace Arow.Options;

/// <summary>What a value of an option is.</summary>
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

    /// <summary>A number that is kept as it was written: 8/255.</summary>
    Ratio,

    /// <summary>True or false; the command line may leave "true" out.</summary>
    Flag,

    /// <summary>A name of an enumeration.</summary>
    Choice,

    /// <summary>Several values with commas between.</summary>
    List,
}
