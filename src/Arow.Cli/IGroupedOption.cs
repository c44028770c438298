using Arow.Options;

namespace Arow.Cli;

/// <summary>An option that help shows among others of its group.</summary>
internal interface IGroupedOption
{
    /// <summary>What it is about.</summary>
    SettingGroup Group { get; }
}
