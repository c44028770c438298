using System.Diagnostics.Tracing;

namespace Arow.Runtime;

/// <summary>
/// Reports what was measured and chosen, a line each, to listeners of the event source "Arow": an <see cref="EventListener"/>, or
/// dotnet-trace. Costs nothing where nobody does.
/// </summary>
[EventSource(Name = "Arow")]
internal sealed class ArowEvents : EventSource
{
    private static readonly ArowEvents Instance = new();

    private ArowEvents()
    {
    }

    /// <summary>Reports a line.</summary>
    /// <param name="line">Made only if somebody listens.</param>
    [NonEvent]
    public static void Tell(Func<string> line)
    {
        if (Instance.IsEnabled()) Instance.Chosen(line());
    }

    [Event(1, Level = EventLevel.Informational, Message = "{0}")]
    private void Chosen(string line) => WriteEvent(1, line);
}
