using System.Globalization;

namespace Arow.Training;

/// <summary>One option of a training run: its name in run files and on the command line, and the way to and fro.</summary>
/// <param name="Name">As in run files; the command line puts two dashes before it.</param>
/// <param name="Expects">What a value looks like: <c>0.1</c>, <c>linf|l2|l1</c>.</param>
/// <param name="Help">One line.</param>
/// <param name="Get">The value as text; null if it is not set.</param>
/// <param name="Set">The options with the value; null if the text is none.</param>
public sealed record Setting(
    string Name,
    string Expects,
    string Help,
    Func<TrainingOptions, string?> Get,
    Func<TrainingOptions, string, TrainingOptions?> Set)
{
    /// <summary>Whether the command line may leave the value out: <c>--nesterov</c>.</summary>
    public bool IsFlag => Expects == Flags;

    /// <summary>Whether it says where files are and not what they hold: a run goes on where they were moved.</summary>
    internal bool IsPlace => Expects is "DIR" or "PATH";

    private const string Flags = "true|false";

    internal static Setting Word(
        string name, string expects, string help,
        Func<TrainingOptions, string?> get, Func<TrainingOptions, string, TrainingOptions> set) =>
        new(name, expects, help, get, (o, text) => text.Length == 0 ? null : set(o, text));

    internal static Setting Whole(
        string name, string help, Func<TrainingOptions, long?> get, Func<TrainingOptions, int, TrainingOptions> set) =>
        new(name, "N", help, o => get(o)?.ToString(CultureInfo.InvariantCulture), (o, text) =>
            int.TryParse(text, CultureInfo.InvariantCulture, out var value) ? set(o, value) : null);

    internal static Setting Number(
        string name, string help, Func<TrainingOptions, double?> get, Func<TrainingOptions, double, TrainingOptions> set) =>
        new(name, "X", help, o => get(o)?.ToString("R", CultureInfo.InvariantCulture), (o, text) =>
            Ratio.Parse(text) is { } value ? set(o, value.Value) : null);

    internal static Setting Fraction(
        string name, string help, Func<TrainingOptions, Ratio?> get, Func<TrainingOptions, Ratio, TrainingOptions> set) =>
        new(name, "8/255", help, o => get(o)?.Text, (o, text) => Ratio.Parse(text) is { } value ? set(o, value) : null);

    internal static Setting Flag(
        string name, string help, Func<TrainingOptions, bool> get, Func<TrainingOptions, bool, TrainingOptions> set) =>
        new(name, Flags, help, o => get(o) ? "true" : "false", (o, text) =>
            bool.TryParse(text, out var value) ? set(o, value) : null);

    internal static Setting Choice<T>(
        string name, string help, Func<TrainingOptions, T> get, Func<TrainingOptions, T, TrainingOptions> set)
        where T : struct, Enum => OpenChoice<T>(name, help, o => get(o), set);

    /// <summary>A choice that can be left open.</summary>
    internal static Setting OpenChoice<T>(
        string name, string help, Func<TrainingOptions, T?> get, Func<TrainingOptions, T, TrainingOptions> set)
        where T : struct, Enum =>
        new(name, string.Join('|', NamedValue.Known<T>()), help,
            o => get(o) is { } value ? NamedValue.Of(value) : null,
            (o, text) => NamedValue.Parse<T>(text) is { } value ? set(o, value) : null);
}
