using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Arow.Data;

/// <summary>How far a download is.</summary>
/// <param name="File">Its name.</param>
/// <param name="Done">Bytes on disk.</param>
/// <param name="Total">Bytes in all.</param>
/// <param name="BytesPerSecond">Speed since this program began with it.</param>
public sealed record DownloadProgress(string File, long Done, long Total, double BytesPerSecond)
{
    /// <summary>From 0 to 100.</summary>
    public double Percent => Total > 0 ? Math.Min(100.0, 100.0 * Done / Total) : 0;
}

/// <summary>A download failed; the message is one sentence for the user.</summary>
public sealed class DownloadException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Brings files of data sets. What has arrived waits in <c>NAME.part</c>, where the next try goes on; it gets its name only
/// when its checksum is the official one, so that a file with the final name is always whole.
/// </summary>
/// <param name="from">Another place that has files of the same names, such as a mirror; null for the official one.</param>
public sealed class Download(Uri? from = null) : IDisposable
{
    // Connections that break are common on files of this size; those that bring nothing are given up at once.
    private const int Tries = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient client = new(new SocketsHttpHandler { UseProxy = from is not { IsLoopback: true }, ConnectTimeout = Patience })
    {
        Timeout = Patience,
    };

    /// <summary>Brings a file, unless the official one is there already.</summary>
    /// <param name="file">Which.</param>
    /// <param name="folder">Where to; made if need be.</param>
    /// <param name="progress">Told after every piece; on any thread.</param>
    /// <param name="stop">Stops; what has arrived is kept for the next time.</param>
    /// <returns>False if it was there already.</returns>
    /// <exception cref="InputException">A file of this name is there and is not the official one; it is left alone. Or another process fetches it.</exception>
    /// <exception cref="DownloadException">Network, server or disk fail, or the checksum is wrong.</exception>
    public async Task<bool> Bring(
        RemoteFile file, string folder, Action<DownloadProgress>? progress = null, CancellationToken stop = default)
    {
        var path = Path.Combine(folder, file.Name);
        if (IsThere(file, path)) return false;

        var part = path + ".part";
        OnDisk(part, () => Directory.CreateDirectory(folder));
        // Two that write one part would spoil it for each other.
        using var claim = Claim.On(path);
        if (IsThere(file, path)) return false;
        var resumed = File.Exists(part);
        await Fill(file, part, progress, stop);
        if (Md5(part) != file.Md5 && resumed)
        {
            // The beginning may have come from elsewhere: once more from nothing.
            OnDisk(part, () => File.Delete(part));
            await Fill(file, part, progress, stop);
        }
        if (Md5(part) is var found && found != file.Md5)
        {
            OnDisk(part, () => File.Delete(part));
            throw new DownloadException($"{Address(file)}: has checksum {found} where {file.Md5} is official; nothing was kept");
        }
        OnDisk(path, () => File.Move(part, path));
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    /// <summary>The MD5 of a file, as 32 hexadecimal digits.</summary>
    internal static string Md5(string path) => InputFile.Read(path, "readable", () =>
    {
        using var stream = OrdinaryFile.Open(path);
        return Convert.ToHexStringLower(MD5.HashData(stream));
    });

    private static bool IsThere(RemoteFile file, string path) => File.Exists(path)
        && (Md5(path) == file.Md5 ? true : throw new InputException($"{path}: is there and is not the official file; move it away to fetch that"));

    private Uri Address(RemoteFile file) =>
        from is null ? file.Address : new Uri(from.AbsoluteUri.TrimEnd('/') + "/" + Uri.EscapeDataString(file.Name));

    /// <summary>Goes on with the part until it is whole, as long as every try brings it further.</summary>
    private async Task Fill(RemoteFile file, string part, Action<DownloadProgress>? progress, CancellationToken stop)
    {
        for (var left = Tries - 1; ; left--)
        {
            var before = Length(part);
            try
            {
                await Continue(file, part, progress, stop);
                return;
            }
            catch (Exception e) when (!stop.IsCancellationRequested
                && e is HttpRequestException or HttpIOException or IOException or OperationCanceledException)
            {
                if (left == 0 || Length(part) <= before) throw new DownloadException(Why(file, part, e), e);
            }
        }
    }

    private async Task Continue(RemoteFile file, string part, Action<DownloadProgress>? progress, CancellationToken stop)
    {
        var have = Length(part);
        if (have == file.Bytes) return;

        using var request = new HttpRequestMessage(HttpMethod.Get, Address(file));
        if (have > 0 && have < file.Bytes) request.Headers.Range = new RangeHeaderValue(have, null);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // The part is longer than the server's file: it is of another one.
            OnDisk(part, () => File.Delete(part));
            throw new ShortAnswerException("the server has fewer bytes than arrived before");
        }
        if (!response.IsSuccessStatusCode)
            throw new DownloadException($"{Address(file)}: the server answers {(int)response.StatusCode} {response.ReasonPhrase}");

        var goesOn = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == have;
        if (!goesOn && response.StatusCode == HttpStatusCode.PartialContent)
            throw new DownloadException($"{Address(file)}: the server sends another part than the one asked for");

        await using var content = await response.Content.ReadAsStreamAsync(stop);
        var mode = goesOn ? FileMode.Append : FileMode.Create;
        using var disk = OnDisk(part, () => new FileStream(part, mode, FileAccess.Write, FileShare.None));
        await Copy(file, content, disk, progress, stop);
        // An answer that tells its length is whole by now, and if too short another file: its checksum will say so.
        if (disk.Position < file.Bytes && response.Content.Headers.ContentLength is null)
            throw new ShortAnswerException($"the connection ended after {disk.Position} of {file.Bytes} bytes");
    }

    private static async Task Copy(
        RemoteFile file, Stream content, FileStream disk, Action<DownloadProgress>? progress, CancellationToken stop)
    {
        var (clock, first, piece) = (Stopwatch.StartNew(), disk.Position, new byte[1 << 17]);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(stop);
        while (true)
        {
            silence.CancelAfter(Patience);
            var count = await content.ReadAsync(piece, silence.Token);
            if (count == 0) return;
            OnDisk(disk.Name, () => disk.Write(piece, 0, count));
            // No need to go on: what is longer than the official file is not that file.
            if (disk.Position > file.Bytes) return;
            progress?.Invoke(new DownloadProgress(
                file.Name, disk.Position, file.Bytes, (disk.Position - first) / Math.Max(clock.Elapsed.TotalSeconds, 1e-3)));
        }
    }

    private string Why(RemoteFile file, string part, Exception e)
    {
        var bytes = Length(part);
        var kept = bytes > 0 && bytes < file.Bytes ? $"; {bytes} of {file.Bytes} bytes are kept and the next try goes on there" : "";
        var reason = e is OperationCanceledException ? $"no answer within {Patience.TotalSeconds:0} seconds"
            : e is ShortAnswerException ? e.Message : NetworkFault.Reason(e);
        return $"{Address(file)}: {reason}{kept}";
    }

    private static long Length(string part) => File.Exists(part) ? new FileInfo(part).Length : 0;

    private static void OnDisk(string path, Action write) => OnDisk(path, () =>
    {
        write();
        return true;
    });

    private static T OnDisk<T>(string path, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DownloadException($"{path}: cannot be written: {FileFault.Reason(e)}", e);
        }
    }

    /// <summary>The server has sent less than it was to.</summary>
    private sealed class ShortAnswerException(string message) : IOException(message);
}
