using System.Diagnostics.Tracing;

namespace Arow.Cli;

/// <summary>Reports the events of the library's event source, "Arow".</summary>
internal sealed class EventMessages : EventListener
{
    private static EventMessages? instance;

    private EventMessages()
    {
    }

    /// <summary>Begins to listen.</summary>
    public static void Listen() => instance ??= new EventMessages();

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Arow") EnableEvents(eventSource, EventLevel.Verbose);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.Payload is [string text]) Messages.Detail(text);
    }
}
