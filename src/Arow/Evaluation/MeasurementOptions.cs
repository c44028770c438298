using Arow.Data;

namespace Arow.Evaluation;

/// <summary>The common options of <c>arow evaluate</c> and <c>arow analyze</c>: model, images, threat model.</summary>
public abstract record MeasurementOptions : ModelOptions
{
    /// <summary>Data set: a name of the Catalog.</summary>
    public string? Dataset { get; init; }

    /// <summary>Folder that holds its files; not needed for glyphs.</summary>
    public string? DataDir { get; init; }

    /// <summary>Size that photographs of a folder are brought to, as <c>arow data resize</c> does; null for images of one size.</summary>
    public ImageSize? ImageSize { get; init; }

    /// <summary>Whether damaged images of a folder are left out and named; otherwise they are an error.</summary>
    public bool SkipDamaged { get; init; }

    /// <summary>The threat model.</summary>
    public ThreatModel Threat { get; init; } = ThreatModel.Default;

    /// <summary>The number of images, drawn by the seed; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>The seed of the attacks and of the drawn images.</summary>
    public long Seed { get; init; }

    /// <summary>Images at a time; no influence on the result except with published randomness.</summary>
    public int BatchSize { get; init; } = 250;

    /// <summary>Threads of libtorch; null for one per core.</summary>
    public int? Threads { get; init; }
}
