using System.Text;

namespace Arow.Bench;

/// <summary>What a check found.</summary>
/// <param name="Found">In words or figures.</param>
/// <param name="Wanted">What it should be; empty where nothing is demanded.</param>
/// <param name="Holds">Whether it is; null for a goal that depends on the card and fails no run.</param>
internal sealed record CardRow(string Found, string Wanted, bool? Holds)
{
    /// <summary>A figure to know.</summary>
    public static CardRow Figure(string found, string goal = "") => new(found, goal, null);
}

/// <summary>All rows, printed together at the end; each is also told on standard error when it is there.</summary>
internal sealed class CardTable
{
    private readonly List<(string What, CardRow Row)> rows = [];

    public bool Failed => rows.Any(r => r.Row.Holds == false);

    /// <summary>Whether it holds; what a check throws is what it found.</summary>
    public bool Check(string what, Func<CardRow> check)
    {
        var row = Found(check);
        rows.Add((what, row));
        Console.Error.WriteLine(Line(what, row));
        return row.Holds != false;
    }

    public override string ToString() => new StringBuilder("| check | found | wanted | |\n|---|---|---|---|\n")
        .AppendJoin('\n', rows.Select(r => Line(r.What, r.Row))).ToString();

    private static CardRow Found(Func<CardRow> check)
    {
        try
        {
            return check();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            var lines = fault.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return new CardRow($"{fault.GetType().Name}: {lines.FirstOrDefault()}", "", false);
        }
    }

    private static string Line(string what, CardRow row) =>
        $"| {what} | {row.Found.Replace('|', '/')} | {row.Wanted} | {row.Holds switch { true => "ok", false => "FAILED", null => "" }} |";
}
