using System.Text.Json.Nodes;

namespace Arow.Options;

/// <summary>
/// An option, a row of a table: files, the command line, help, defaults and checks follow from it. <typeparamref name="TOptions"/>
/// holds the options with their defaults.
/// </summary>
/// <param name="Name">The name in files; the command line puts two dashes before it.</param>
/// <param name="Get">The value as text; null if it is not set.</param>
/// <param name="Set">Returns the options with the value; null if the text is invalid.</param>
/// <param name="Copy">Returns the first options with the value of the second.</param>
internal sealed record Setting<TOptions>(
    string Name, Func<TOptions, string?> Get, Func<TOptions, string, TOptions?> Set, Func<TOptions, TOptions, TOptions> Copy)
    where TOptions : class, new()
{
    /// <summary>The group in the help.</summary>
    public SettingGroup Group { get; init; }

    /// <summary>The effects beyond the run itself.</summary>
    public SettingUses Uses { get; init; }

    /// <summary>The kind of value.</summary>
    public SettingKind Kind { get; init; }

    /// <summary>The placeholder of a value: <c>N</c>, <c>linf|l2|l1</c>.</summary>
    public string ValueName { get; init; } = "";

    /// <summary>The description of a valid value in errors; null for the kind's.</summary>
    public string? ExpectedValue { get; init; }

    /// <summary>One line, without range, default and names.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The default, or a description of the behaviour without a value; null if a value is required.</summary>
    public string? Default { get; init; }

    /// <summary>The effective value without a given one, for comparisons; null if it has no name.</summary>
    public Func<TOptions, string?> ImplicitValue { get; init; } = _ => null;

    /// <summary>The range of numbers; null for all.</summary>
    public Bounds? Range { get; init; }

    /// <summary>Returns the error of the value in combination with other options; null if there is none.</summary>
    public Func<TOptions, string?> Check { get; init; } = _ => null;

    /// <summary>The name of an option without which this one has no effect; null for none.</summary>
    public string? Needs { get; init; }

    /// <summary>The end of the error where that option is missing: ", a model to start from".</summary>
    public string NeedsReason { get; init; } = "";

    /// <summary>The name in the evaluations of study files; null if they lack it.</summary>
    public string? InStudies { get; init; }

    /// <summary>Whether its numbers are integers.</summary>
    public bool IsInteger { get; init; }

    /// <summary>The valid texts; null for all.</summary>
    public IReadOnlyList<string>? AllowedValues { get; init; }

    /// <summary>The names listed in the help and completed; null for none.</summary>
    public IReadOnlyList<string>? ValueList { get; init; }

    /// <summary>A clause that takes their place in the help: what lists them; null to list them.</summary>
    public Func<string>? Listing { get; init; }

    /// <summary>Returns the error of a text, given the option's name; null to use <see cref="AllowedValues"/>.</summary>
    public Func<string, string?, string?>? ValidateName { get; init; }

    /// <summary>Whether the value may be omitted on the command line: <c>--nesterov</c>.</summary>
    public bool IsFlag => Kind == SettingKind.Flag;

    /// <summary>Whether it is a location of files, not their content: a run resumes after they were moved.</summary>
    internal bool IsPath => Kind == SettingKind.Path;

    /// <summary>The values that have names, for completion; null where there are none.</summary>
    public IReadOnlyList<string>? Values => AllowedValues ?? (Kind == SettingKind.Choice ? ValueName.Split('|') : null);

    /// <summary>One line for help.</summary>
    public string Help =>
        Summary + (Range is { IsInterval: true, Minimum: < 1 } ? $", in {Range}" : "") + (Default is null ? "" : $" [{Default}]")
        + (ValueList is null ? "" : $": {Listing?.Invoke() ?? string.Join(' ', ValueList)}");

    /// <summary>Creates a row; its kind is the property's type, its default the property's default.</summary>
    /// <param name="name">The name in files.</param>
    /// <param name="uses">The effects beyond the run itself.</param>
    /// <param name="summary">One line for help, without range, default and names.</param>
    /// <param name="get">Reads the property.</param>
    /// <param name="set">Returns the options with another value.</param>
    /// <param name="range">The range of numbers; null for all.</param>
    /// <param name="unset">Describes the behaviour if the property is null.</param>
    /// <param name="known">The valid texts; null for all.</param>
    /// <param name="expects">The placeholder of a value; null for the kind's.</param>
    /// <param name="expected">The description of a valid value in errors; null for the kind's.</param>
    /// <param name="read">Parses a value, or returns null; null for the kind's parser.</param>
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
            ValueList = names is not null && expects is not null ? names : null,
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

    /// <summary>Creates a row whose value is a file or a folder.</summary>
    public static Setting<TOptions> PathRow(
        string name, SettingUses uses, string summary, Func<TOptions, string?> get, Func<TOptions, string?, TOptions> set, string? unset = null,
        string? expects = null) =>
        Row(name, uses, summary, get, set, unset: unset, expects: expects) with { Kind = SettingKind.Path };

    /// <summary>Returns the error of the value in the options; null if it is valid.</summary>
    public string? Validate(TOptions options)
    {
        if (Get(options) is not { } text) return null;
        if (ValidateName is not null) return ValidateName(Name, text);
        if (AllowedValues?.Contains(text) == false) return DescribeUnknown(text, AllowedValues);
        return Range?.Validate(text, IsInteger) is { } fault ? $"{Name} {text} {fault}" : null;
    }

    /// <summary>Converts a text of the option to JSON.</summary>
    public JsonNode? ToJson(string text) => Kind switch
    {
        SettingKind.Flag => bool.Parse(text),
        SettingKind.Integer or SettingKind.Number => JsonNode.Parse(text),
        _ => text,
    };

    /// <summary>Returns the error of a text that <see cref="Set"/> rejects.</summary>
    public string DescribeInvalid(string text) => Kind == SettingKind.Choice ? DescribeUnknown(text, ValueName.Split('|')) : $"{Name} '{text}' is not {ExpectedValue ?? Kind switch
    {
        SettingKind.Integer => $"an integer{(Range is null ? "" : FormattableString.Invariant($" of at least {Range.Minimum}"))}",
        SettingKind.Number => "a number",
        SettingKind.Ratio => "a number such as 8/255 or 0.03",
        _ when Kind == SettingKind.Flag || AllowedValues is not null && ValueList is null => $"one of {ValueName.Replace('|', ' ')}",
        _ => $"a {ValueName}",
    }}";

    private string DescribeUnknown(string text, IReadOnlyList<string> known) =>
        $"{Name} '{text}' is unknown{Suggestion.Known(text, known)}";
}
