using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Arow.Faults.Files;

/// <summary>A server on this machine that answers each request with what the test says, then hangs up.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Task running;
    private volatile bool stopped;

    /// <param name="answer">From the head of a request and its number to the bytes of the answer.</param>
    public LoopbackServer(Func<string, int, byte[]> answer)
    {
        listener.Start();
        running = Task.Run(() => Serve(answer));
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/files");

    public ConcurrentQueue<string> Requests { get; } = new();

    public static byte[] Answer(string status, byte[] body, string headers = "", int? length = null) =>
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {length ?? body.Length}\r\nConnection: close\r\n{headers}\r\n"), .. body];

    /// <summary>The first byte that a request asks for; 0 if it asks for all.</summary>
    public static int RangeOf(string request)
    {
        var at = request.IndexOf("Range: bytes=", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? 0 : int.Parse(request[(at + 13)..request.IndexOf('-', at + 13)]);
    }

    /// <summary>As a proper server: the part that is asked for.</summary>
    public static byte[] Proper(byte[] content, string request) =>
        RangeOf(request) is > 0 and var from
            ? Answer("206 Partial Content", content[from..], $"Content-Range: bytes {from}-{content.Length - 1}/{content.Length}\r\n")
            : Answer("200 OK", content);

    public void Dispose()
    {
        stopped = true;
        listener.Stop();
        running.Wait();
    }

    private void Serve(Func<string, int, byte[]> answer)
    {
        for (var number = 0; ; number++)
        {
            try
            {
                using var client = listener.AcceptTcpClient();
                using var stream = client.GetStream();
                var head = new StringBuilder();
                while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)
                    && stream.ReadByte() is >= 0 and var letter)
                {
                    head.Append((char)letter);
                }
                Requests.Enqueue(head.ToString());
                stream.Write(answer(head.ToString(), number));
                client.Client.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is SocketException or InvalidOperationException or IOException)
            {
                if (stopped) return;
            }
        }
    }
}
