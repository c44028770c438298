namespace Arow.IO;

/// <summary>How an entry of a zip archive is compressed.</summary>
internal enum ZipMethod
{
    /// <summary>Not at all.</summary>
    Stored,

    /// <summary>Deflate.</summary>
    Deflated,

    /// <summary>In a way that is not read.</summary>
    Other,
}
