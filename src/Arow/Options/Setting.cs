using System.Text.Json.Nodes;

namespace Arow.Options;

/// <summary>
/// One option, a row of a table: files, the command line, help, defaults and checks all follow from it. <typeparamref name="TOptions"/>
/// are the options with their defaults.
/// </summary>
/// <param name="Name">As in files; the command line puts two dashes before it.</param>
/// <param name="Get">The value as text; null if it is not set.</param>
/// <param name="Set">The options with the value; null if the text is none.</param>
/// <param name="Copy">The options of the first with the value of the second.</param>
internal sealed record Setting<TOptions>(
    string Name, Func<TOptions, string?> Get, Func<TOptions, string, TOptions?> Set, Func<TOptions, TOptions, TOptions> Copy)
    where TOptions : class, new()
{
    /// <summary>What it is about.</summary>
    public SettingGroup Group { get; init; }

    /// <summary>What it decides beyond the run.</summary>
    public SettingUses Uses { get; init; }

    /// <summary>What a value is.</summary>
    public SettingKind Kind { get; init; }

    /// <summary>What a value looks like: <c>N</c>, <c>linf|l2|l1</c>.</summary>
    public string ValueName { get; init; } = "";

    /// <summary>What a text that is no value is said not to be; null to take the kind's.</summary>
    public string? ExpectedValue { get; init; }

    /// <summary>One line, without range, default and names.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The default, or what is done where nothing is given; null if a value is required.</summary>
    public string? Default { get; init; }

    /// <summary>The value that is in force where none is given, for comparisons; null where it has no name.</summary>
    public Func<TOptions, string?> ImplicitValue { get; init; } = _ => null;

    /// <summary>The numbers that are values; null if all are.</summary>
    public Bounds? Range { get; init; }

    /// <summary>What is wrong with it beside other options; null if nothing is.</summary>
    public Func<TOptions, string?> Check { get; init; } = _ => null;

    /// <summary>What the evaluations of study files call it; null where they have none.</summary>
    public string? InStudies { get; init; }

    /// <summary>Whether its numbers are integers.</summary>
    public bool IsInteger { get; init; }

    /// <summary>The texts that are values; null if all are.</summary>
    public IReadOnlyList<string>? AllowedValues { get; init; }

    /// <summary>The names that help lists; null for none.</summary>
    public string? ValueList { get; init; }

    /// <summary>What is wrong with a text, given the option's name; null to ask <see cref="AllowedValues"/>.</summary>
    public Func<string, string?, string?>? ValidateName { get; init; }

    /// <summary>Whether the command line may leave the value out: <c>--nesterov</c>.</summary>
    public bool IsFlag => Kind == SettingKind.Flag;

    /// <summary>Whether it says where files are and not what they hold: a run goes on where they were moved.</summary>
    internal bool IsPath => Kind == SettingKind.Path;

    /// <summary>The values that have names, for completion; null where there are none.</summary>
    public IReadOnlyList<string>? Values => AllowedValues ?? (Kind == SettingKind.Choice ? ValueName.Split('|') : null);

    /// <summary>One line for help.</summary>
    public string Help =>
        Summary + (Range is { IsInterval: true, Minimum: < 1 } ? $", in {Range}" : "") + (Default is null ? "" : $" [{Default}]")
        + (ValueList is null ? "" : $": {ValueList}");

    /// <summary>A row; the type of the property is its kind, and its default is the property's.</summary>
    /// <param name="name">As in files.</param>
    /// <param name="uses">What it decides beyond the run.</param>
    /// <param name="summary">One line for help, without range, default and names.</param>
    /// <param name="get">Reads the property.</param>
    /// <param name="set">The options with another value.</param>
    /// <param name="range">The numbers that are values; null if all are.</param>
    /// <param name="unset">What is done where the property is null.</param>
    /// <param name="known">The texts that are values; null if all are.</param>
    /// <param name="expects">What a value looks like; null to take the kind's.</param>
    /// <param name="expected">What a text that is no value is said not to be; null to take the kind's.</param>
    /// <param name="read">From text to a value, or null; null to take the kind's.</param>
    public static Setting<TOptions> Row<T>(
        string name, SettingUses uses, string summary, Func<TOptions, T> get, Func<TOptions, T, TOptions> set,
        Bounds? range = null, string? unset = null, IEnumerable<string>? known = null, string? expects = null, string? expected = null,
        Func<string, T>? read = null)
    {
        var type = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        var kind = SettingText.Kind(type);
        IReadOnlyList<string>? names = known is null ? null : [.. known];
        return new Setting<TOptions>(
            name, o => SettingText.Write(get(o)),
            (o, text) => (read is null ? SettingText.Read(type, text) : read(text)) is { } value ? set(o, (T)value) : null,
            (o, source) => set(o, get(source)))
        {
            Uses = uses, Kind = kind, Summary = summary, Range = range, AllowedValues = names, ExpectedValue = expected,
            Default = SettingText.Write(get(new TOptions())) ?? unset,
            IsInteger = kind == SettingKind.Integer || kind == SettingKind.List
                && SettingText.Kind(type.GetGenericArguments().FirstOrDefault(typeof(double))) == SettingKind.Integer,
            ValueList = names is not null && expects is not null ? string.Join(' ', names) : null,
            ValueName = expects ?? kind switch
            {
                SettingKind.Integer => "N",
                SettingKind.Number => "X",
                SettingKind.Ratio => "8/255",
                SettingKind.Flag => "true|false",
                SettingKind.Choice => string.Join('|', SettingText.Names(type)),
                _ => string.Join('|', names ?? [name.ToUpperInvariant()]),
            },
        };
    }

    /// <summary>A row whose value is a file or a folder.</summary>
    public static Setting<TOptions> PathRow(
        string name, SettingUses uses, string summary, Func<TOptions, string?> get, Func<TOptions, string?, TOptions> set, string? unset = null,
        string? expects = null) =>
        Row(name, uses, summary, get, set, unset: unset, expects: expects) with { Kind = SettingKind.Path };

    /// <summary>What is wrong with the value of the options; null if nothing is.</summary>
    public string? Validate(TOptions options)
    {
        if (Get(options) is not { } text) return null;
        if (ValidateName is not null) return ValidateName(Name, text);
        if (AllowedValues?.Contains(text) == false) return DescribeUnknown(text, AllowedValues);
        return Range?.Validate(text, IsInteger) is { } fault ? $"{Name} {text} {fault}" : null;
    }

    /// <summary>A text of the option as files of JSON have it.</summary>
    public JsonNode? ToJson(string text) => Kind switch
    {
        SettingKind.Flag => bool.Parse(text),
        SettingKind.Integer or SettingKind.Number => JsonNode.Parse(text),
        _ => text,
    };

    /// <summary>What is wrong with a text that <see cref="Set"/> takes for no value.</summary>
    public string DescribeInvalid(string text) => Kind == SettingKind.Choice ? DescribeUnknown(text, ValueName.Split('|')) : $"{Name} '{text}' is not {ExpectedValue ?? Kind switch
    {
        SettingKind.Integer => $"a whole number{(Range is null ? "" : FormattableString.Invariant($" from {Range.Minimum} up"))}",
        SettingKind.Number => "a number",
        SettingKind.Ratio => "a number such as 8/255 or 0.03",
        _ when Kind == SettingKind.Flag || AllowedValues is not null && ValueList is null => $"one of {ValueName.Replace('|', ' ')}",
        _ => $"a {ValueName}",
    }}";

    private string DescribeUnknown(string text, IReadOnlyList<string> known) =>
        $"{Name} '{text}' is unknown; known are {string.Join(' ', known)}{Suggestion.Aside(text, known)}";
}
