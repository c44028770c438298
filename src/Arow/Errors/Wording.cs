namespace Arow.Errors;

/// <summary>
/// The words in which messages name what a user can set or do. The library speaks to C# callers, of properties; a program whose
/// users have other means replaces the words once, at its start: <c>arow</c> by its options and commands.
/// </summary>
internal abstract class Wording
{
    /// <summary>The words in use.</summary>
    public static Wording Current { get; set; } = new CSharpWording();

    /// <summary>Another folder for results: "another folder".</summary>
    public abstract string AnotherFolder { get; }

    /// <summary>The imperative to continue what is in a folder: "resume it".</summary>
    public abstract string ResumeIt { get; }

    /// <summary>An analysis of a model.</summary>
    public abstract string Analysis { get; }

    /// <summary>A clause: what creates labels for images that have none.</summary>
    public abstract string CreateLabels { get; }

    /// <summary>A clause: what brings images of several sizes to one.</summary>
    public abstract string ResizeImages { get; }

    /// <summary>A setting: a property, an option.</summary>
    /// <param name="name">The name of its row in a table of options.</param>
    /// <param name="value">A value; null for the setting alone.</param>
    public abstract string Setting(string name, string? value = null);

    /// <summary>Several settings and their values.</summary>
    public abstract string Settings(IEnumerable<(string Name, string Value)> settings);

    /// <summary>A clause: what lists the names of architectures, which are too many for a message.</summary>
    public abstract string ListArchitectures { get; }

    /// <summary>An evaluation of a model.</summary>
    /// <param name="path">The model; null for any.</param>
    public abstract string Evaluation(string? path = null);

    /// <summary>Resizing of the pictures of a folder.</summary>
    /// <param name="background">The colour of transparent pixels; null for none.</param>
    public abstract string Resizing(string? background = null);

    /// <summary>A clause: where a file of a public data set is to be had.</summary>
    /// <param name="set">The name of the set.</param>
    /// <param name="address">Where it is published.</param>
    /// <param name="file">The name of the file; null for "it".</param>
    public abstract string Download(string set, Uri address, string? file = null);

    /// <summary>The words of C#.</summary>
    private sealed class CSharpWording : Wording
    {
        /// <summary>Properties that have another name than their row.</summary>
        private static readonly Dictionary<string, string> Properties = new()
        {
            ["attack"] = "Attacks", ["lr"] = "LearningRate", ["model"] = "Architecture", ["class-names"] = "OutputClassNames",
            ["against-model"] = "AgainstArchitecture",
        };

        public override string AnotherFolder => "another folder";

        public override string ResumeIt => "resume it";

        public override string Analysis => "an analysis";

        public override string CreateLabels => "a model can predict them";

        public override string ResizeImages => "ImageSize resizes them while they are read";

        public override string ListArchitectures => "Architectures.Names lists the known ones";

        public override string Setting(string name, string? value = null)
        {
            var property = Properties.GetValueOrDefault(name)
                ?? string.Concat(name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
            return value is null ? property : $"{property} = {value}";
        }

        public override string Settings(IEnumerable<(string Name, string Value)> settings) =>
            string.Join(", ", settings.Select(setting => Setting(setting.Name, setting.Value)));

        public override string Evaluation(string? path = null) => path is null ? "an evaluation" : $"an evaluation of {path}";

        public override string Resizing(string? background = null) =>
            background is null ? "resizing" : $"resizing with a {background} background";

        public override string Download(string set, Uri address, string? file = null) => $"{file ?? "it"} is published at {address}";
    }
}
