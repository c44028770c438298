using System.Net.Sockets;
using System.Security.Authentication;

namespace Arow.Data;

/// <summary>Why a server could not be asked, in words of our own.</summary>
internal static class NetworkFault
{
    /// <summary>The reason, without the address.</summary>
    /// <param name="fault">What a request, or the reading of its answer, ended with.</param>
    public static string Reason(Exception fault)
    {
        var all = new List<Exception>();
        for (Exception? at = fault; at is not null; at = at.InnerException) all.Add(at);
        // The innermost knows best.
        return all.Select(Own).LastOrDefault(reason => reason is not null) ?? "the connection broke off";
    }

    private static string? Own(Exception fault) => fault switch
    {
        SocketException socket => socket.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => "the server refuses connections",
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "no server of this name is found",
            SocketError.TimedOut => "the server does not answer",
            SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.NetworkDown or SocketError.HostDown => "the server cannot be reached from here",
            SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => "the connection broke off",
            SocketError.AccessDenied => "connections are not permitted here",
            _ => null,
        },
        AuthenticationException => "no secure connection: the server's certificate or protocol is not accepted",
        HttpRequestException request => Own(request.HttpRequestError),
        HttpIOException answer => Own(answer.HttpRequestError),
        _ => null,
    };

    private static string? Own(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "no server of this name is found",
        HttpRequestError.ConnectionError => "the server cannot be reached from here",
        HttpRequestError.SecureConnectionError => "no secure connection: the server's certificate or protocol is not accepted",
        HttpRequestError.ProxyTunnelError => "the proxy does not let it through",
        HttpRequestError.ResponseEnded => "the connection ended too early",
        HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError or HttpRequestError.VersionNegotiationError => "what answers there speaks no HTTP",
        HttpRequestError.ConfigurationLimitExceeded => "the server's answer is too long to be one",
        _ => null,
    };
}
