namespace Arow.Cli;

/// <summary>The words of the command line for the messages of the library: options and commands.</summary>
internal sealed class CommandLineWording : Wording
{
    /// <inheritdoc/>
    public override string AnotherFolder => "another --output";

    /// <inheritdoc/>
    public override string ResumeIt => "resume it with --resume";

    /// <inheritdoc/>
    public override string Analysis => "'arow analyze'";

    /// <inheritdoc/>
    public override string CreateLabels => "'arow pseudo-label' writes an .npz file with labels";

    /// <inheritdoc/>
    public override string ResizeImages => "--image-size resizes them while they are read, 'arow data resize' into another folder";

    /// <inheritdoc/>
    public override string Setting(string name, string? value = null) => value is null ? $"--{name}" : $"--{name} {value}";

    /// <inheritdoc/>
    public override string Settings(IEnumerable<(string Name, string Value)> settings) =>
        string.Join(' ', settings.Select(setting => Setting(setting.Name, setting.Value)));

    /// <inheritdoc/>
    public override string Evaluation(string? path = null) => path is null ? "'arow evaluate'" : $"'arow evaluate {path}'";

    /// <inheritdoc/>
    public override string Resizing(string? background = null) =>
        background is null ? "'arow data resize'" : $"'arow data resize --background {background}'";

    /// <inheritdoc/>
    public override string Download(string set, Uri address, string? file = null) => $"'arow data fetch {set}' downloads {file ?? "it"}";
}
