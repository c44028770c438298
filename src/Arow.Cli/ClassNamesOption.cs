using System.CommandLine;

namespace Arow.Cli;

/// <summary><c>--class-names</c>: which classes the outputs of a model stand for, where its file does not say it.</summary>
internal sealed class ClassNamesOption
{
    /// <summary>Bytes of a file of names.</summary>
    private const int Longest = 1 << 24;

    /// <summary>The option of a command.</summary>
    public Option<string?> Option { get; } = new("--class-names")
    {
        HelpName = "FILE|A,B,C", Description = "classes of the model's outputs, in their order: names, or a file with one a line or JSON [the file's word, or the order of the images' classes]",
    };

    /// <summary>What was given; null for nothing, or for what is wrong, which is added to a list.</summary>
    public IReadOnlyList<string>? Read(ParseResult parsed, List<string> problems)
    {
        if (parsed.GetValue(Option) is not { } given) return null;
        try
        {
            if (File.Exists(given)) return ClassNames.Parse(OrdinaryFile.ReadAllText(given, Longest));
            if (given.Contains(',')) return ClassNames.Parse(given);
            problems.Add($"{Option.Name} '{given}' is neither a file nor names with commas between");
        }
        catch (InputException fault)
        {
            problems.Add($"{Option.Name} {fault.Message}");
        }
        catch (Exception fault) when (fault is FormatException or IOException or UnauthorizedAccessException)
        {
            problems.Add($"{Option.Name} {given}: {(fault is FormatException ? fault.Message : FileFault.Reason(fault))}");
        }
        return null;
    }
}
