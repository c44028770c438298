using System.Net.Sockets;
using System.Security.Authentication;

namespace Arow.Data;

/// <summary>Describes why a request to a server failed.</summary>
internal static class NetworkError
{
    /// <summary>Returns the reason, without the address.</summary>
    /// <param name="error">Exception of a request or of reading its response.</param>
    public static string Describe(Exception error)
    {
        var all = new List<Exception>();
        for (Exception? at = error; at is not null; at = at.InnerException) all.Add(at);
        // The innermost exception is the most specific.
        return all.Select(Translate).LastOrDefault(reason => reason is not null) ?? "the connection was lost";
    }

    private static string? Translate(Exception fault) => fault switch
    {
        SocketException socket => socket.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => "the server refuses connections",
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the server name cannot be resolved",
            SocketError.TimedOut => "the server does not respond",
            SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.NetworkDown or SocketError.HostDown =>
                "the server is unreachable",
            SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => "the connection was lost",
            SocketError.AccessDenied => "connections are not permitted",
            _ => null,
        },
        AuthenticationException => "no secure connection: the server's certificate or protocol is not accepted",
        HttpRequestException request => Translate(request.HttpRequestError),
        HttpIOException answer => Translate(answer.HttpRequestError),
        _ => null,
    };

    private static string? Translate(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "the server name cannot be resolved",
        HttpRequestError.ConnectionError => "the server is unreachable",
        HttpRequestError.SecureConnectionError => "no secure connection: the server's certificate or protocol is not accepted",
        HttpRequestError.ProxyTunnelError => "the proxy refuses the connection",
        HttpRequestError.ResponseEnded => "the connection ended early",
        HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError or HttpRequestError.VersionNegotiationError =>
            "the response is not valid HTTP",
        HttpRequestError.ConfigurationLimitExceeded => "the server's response is too long",
        _ => null,
    };
}
