using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Arow.Cli.Serving;

/// <summary>The page and the endpoints over HTTP. Nothing of the environment, of files or of the machine has a part in it.</summary>
internal sealed class PictureServer
{
    private const int MaxConnections = 128;

    private static readonly TimeSpan UploadTime = TimeSpan.FromSeconds(30), StopTime = TimeSpan.FromSeconds(2);

    /// <summary>Connections that ask nothing must not keep those out that do.</summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(5);

    private static readonly JsonSerializerOptions Format = new() { Encoder = JavaScriptEncoder.Default };

    private static readonly Dictionary<string, (string Resource, string Type)> Files = new()
    {
        ["/"] = ("page/index.html", "text/html; charset=utf-8"),
        ["/page.css"] = ("page/page.css", "text/css; charset=utf-8"),
        ["/page.js"] = ("page/page.js", "text/javascript; charset=utf-8"),
    };

    private readonly PictureService service;
    private readonly WebApplication app;
    private readonly bool isLocal;
    private readonly CancellationToken stop;

    private PictureServer(PictureService service, WebApplication app, bool isLocal, CancellationToken stop) =>
        (this.service, this.app, this.isLocal, this.stop) = (service, app, isLocal, stop);

    /// <summary>Where it listens.</summary>
    public string Url => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Begins to listen.</summary>
    /// <param name="service">What answers.</param>
    /// <param name="address">Address of this machine.</param>
    /// <param name="port">0 for any that is free.</param>
    /// <param name="stop">Ends the work under way; <see cref="Stop"/> ends the rest.</param>
    /// <exception cref="InputException">The port is taken, or the address is not of this machine.</exception>
    public static async Task<PictureServer> Start(PictureService service, IPAddress address, int port, CancellationToken stop)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, CallerLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = PictureUpload.MaxBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            (kestrel.Limits.KeepAliveTimeout, kestrel.Limits.RequestHeadersTimeout) = (IdleTime, IdleTime);
            kestrel.Listen(address, port);
        });
        var server = new PictureServer(service, builder.Build(), IPAddress.IsLoopback(address), stop);
        server.app.Run(server.Answer);
        try
        {
            await server.app.StartAsync(stop);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            var code = (error as SocketException ?? error.GetBaseException() as SocketException)?.SocketErrorCode;
            throw new InputException(code switch
            {
                SocketError.AddressAlreadyInUse => $"--port {port}: is in use by another program; --port 0 takes one that is free",
                SocketError.AccessDenied => $"--port {port}: may not be used by this user; those from 1024 may",
                SocketError.AddressNotAvailable => $"--host {address}: is no address of this machine",
                _ => $"--host {address} --port {port}: cannot be listened on ({code?.ToString() ?? "unknown error"})",
            });
        }
        return server;
    }

    /// <summary>Ends it at once.</summary>
    public async Task Stop()
    {
        using var limit = new CancellationTokenSource(StopTime);
        await app.StopAsync(limit.Token);
        await service.Close(StopTime);
    }

    private async Task Answer(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        (response.Headers.ContentSecurityPolicy, response.Headers.XContentTypeOptions, response.Headers.CacheControl, response.Headers["Referrer-Policy"]) =
            ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; "
                + "form-action 'none'; frame-ancestors 'none'", "nosniff", "no-store", "no-referrer");
        try
        {
            await Route(request, response);
        }
        catch (RequestException error)
        {
            await WriteError(response, error.Status, error.Message);
        }
        catch (OperationCanceledException)
        {
            if (!context.RequestAborted.IsCancellationRequested) await WriteError(response, 503, "the server is being stopped");
        }
        catch (Exception error)
        {
            Messages.Error($"arow: {ErrorText.Describe(error)}");
            await WriteError(response, 500, "the picture could not be processed; the server's own output says more");
        }
    }

    private async Task Route(HttpRequest request, HttpResponse response)
    {
        CheckOrigin(request);
        var path = request.Path.Value ?? "/";
        if (Files.TryGetValue(path, out var file))
        {
            RequireMethod(request, "GET");
            await Write(response, ReadResource(file.Resource), file.Type);
        }
        else if (path == "/model")
        {
            RequireMethod(request, "GET");
            await WriteJson(response, service.Describe());
        }
        else if (path.StartsWith("/samples/", StringComparison.Ordinal))
        {
            RequireMethod(request, "GET");
            var sample = int.TryParse(path["/samples/".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? service.GetSample(n) : null;
            await Write(response, sample ?? throw new RequestException(404, "there is no such sample picture"), "image/png");
        }
        else if (path is "/predict" or "/attack")
        {
            RequireMethod(request, "POST");
            await WriteJson(response, await Process(request, path == "/attack"));
        }
        else
        {
            throw new RequestException(404, "there is nothing here; the page is at /, pictures go to /predict and /attack");
        }
    }

    private async Task<JsonObject> Process(HttpRequest request, bool attack)
    {
        using var place = service.Queue.Admit();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(request.HttpContext.RequestAborted, stop);
        var upload = await ReadUpload(request, end.Token);
        return attack
            ? await service.Attack(upload.Encoded, upload.Name, upload.GetValue(request, "attack"), upload.GetValue(request, "norm"),
                upload.GetValue(request, "epsilon"), end.Token)
            : await service.Predict(upload.Encoded, upload.Name, end.Token);
    }

    private static async Task<PictureUpload> ReadUpload(HttpRequest request, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(UploadTime);
        try
        {
            return await PictureUpload.Read(request, limit.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new RequestException(408, $"the picture took more than {UploadTime.TotalSeconds} seconds to arrive");
        }
    }

    /// <summary>Pages of other sites must not use a server that is for this machine alone, not even under a name that leads here.</summary>
    private void CheckOrigin(HttpRequest request)
    {
        if (isLocal && request.Host.Host is { } host && !host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            && !(IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)))
            throw new RequestException(403, "this server answers to localhost only");
        if (request.Headers.Origin.Any(origin => !string.Equals(origin, $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase)))
            throw new RequestException(403, "pages of other sites may not use this server");
    }

    private static void RequireMethod(HttpRequest request, string method)
    {
        // The server sends no body in answer to HEAD.
        if (request.Method == method || (method == HttpMethods.Get && request.Method == HttpMethods.Head)) return;
        request.HttpContext.Response.Headers.Allow = method == HttpMethods.Get ? "GET, HEAD" : method;
        throw new RequestException(405, $"{request.Path.Value} takes {method} only");
    }

    private static Task WriteJson(HttpResponse response, JsonObject answer) =>
        Write(response, JsonSerializer.SerializeToUtf8Bytes(answer, Format), "application/json; charset=utf-8");

    private static async Task WriteError(HttpResponse response, int status, string message)
    {
        if (response.HasStarted) return;
        response.StatusCode = status;
        if (status is 429 or 503) response.Headers.RetryAfter = "1";
        await WriteJson(response, new JsonObject { ["error"] = message });
    }

    private static async Task Write(HttpResponse response, byte[] body, string type)
    {
        (response.ContentType, response.ContentLength) = (type, body.Length);
        await response.Body.WriteAsync(body);
    }

    private static byte[] ReadResource(string name)
    {
        using var all = new MemoryStream();
        using var resource = typeof(PictureServer).Assembly.GetManifestResourceStream(name)!;
        resource.CopyTo(all);
        return all.ToArray();
    }

    /// <summary>The command hears the signals, not the host.</summary>
    private sealed class CallerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
