using System.CommandLine;
using Arow.Options;

namespace Arow.Cli;

/// <summary>An option that help shows among others of its group.</summary>
internal interface IGroupedOption
{
    SettingGroup Group { get; }
}

/// <summary>An option of a row of a table.</summary>
/// <param name="name">With its dashes.</param>
/// <param name="group">What it is about.</param>
internal sealed class GroupedOption<T>(string name, SettingGroup group) : Option<T>(name), IGroupedOption
{
    public SettingGroup Group => group;
}
