namespace Arow.Cli;

/// <summary>The words of the command line for the messages of the library: options and commands.</summary>
internal sealed class CommandLineWording : Wording
{
    public override string AnotherFolder => "another --output";

    public override string ResumeIt => "resume it with --resume";

    public override string Analysis => "'arow analyze'";

    public override string CreateLabels => "'arow pseudo-label' writes an .npz file with labels";

    public override string ResizeImages => "--image-size resizes them while they are read, 'arow data resize' into another folder";

    public override string ListArchitectures => "'arow models' lists the known ones";

    public override string Setting(string name, string? value = null) => value is null ? $"--{name}" : $"--{name} {value}";

    public override string Settings(IEnumerable<(string Name, string Value)> settings) =>
        string.Join(' ', settings.Select(setting => Setting(setting.Name, setting.Value)));

    public override string Evaluation(string? path = null) => path is null ? "'arow evaluate'" : $"'arow evaluate {path}'";

    public override string Resizing(string? background = null) =>
        background is null ? "'arow data resize'" : $"'arow data resize --background {background}'";

    public override string Download(string set, Uri address, string? file = null) => $"'arow data fetch {set}' downloads {file ?? "it"}";
}
