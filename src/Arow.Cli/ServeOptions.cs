using System.Net;
using Arow.Options;
using Arow.Runtime;
using static Arow.Options.Setting<Arow.Cli.ServeOptions>;
using static Arow.Options.SettingUses;

namespace Arow.Cli;

/// <summary>Options of <c>arow serve</c>.</summary>
internal sealed record ServeOptions : StandaloneOptions
{
    public int Port { get; init; } = 8765;

    public string Host { get; init; } = "127.0.0.1";

    public int Top { get; init; } = 5;

    public double TimeLimit { get; init; } = 30;

    public int? Threads { get; init; }

    /// <summary>The address to listen on; null if <see cref="Host"/> is none.</summary>
    public IPAddress? Address => Host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(Host, out var address) ? address : null;

    public static IReadOnlyList<Setting<ServeOptions>> Settings { get; } =
    [
        Row("port", None, "port to listen on; 0 for any that is free", o => o.Port, (o, v) => o with { Port = v },
            range: new(0, IPEndPoint.MaxPort)),
        Row("host", None, "address to listen on; 0.0.0.0 for all of this machine, which lets others use the model", o => o.Host, (o, v) =>
            o with { Host = v }, expects: "ADDRESS") with { Check = o =>
                o.Address is null ? $"host {Printable.Escape(o.Host)}: is neither an IP address nor localhost" : null },
        Row("top", None, "list the K most probable classes", o => o.Top, (o, v) => o with { Top = v }, range: Bounds.Count, expects: "K"),
        Row("time-limit", None, "seconds that a picture may wait, and its attack may take", o => o.TimeLimit, (o, v) =>
            o with { TimeLimit = v }, range: new(0, 3600, ExcludesMinimum: true), expects: "SECONDS"),
        Row("threads", None, "threads of libtorch", o => o.Threads, (o, v) =>
            o with { Threads = v }, range: new(1, LibTorch.MaximumThreads), unset: "one a core"),
        .. Rows<ServeOptions>(),
    ];
}
