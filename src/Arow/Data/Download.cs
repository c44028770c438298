using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Arow.IO;

namespace Arow.Data;

/// <summary>Progress of a download.</summary>
/// <param name="Done">Bytes on disk.</param>
/// <param name="Total">Bytes in total.</param>
/// <param name="BytesPerSecond">Average speed since this process started the download.</param>
internal sealed record DownloadProgress(long Done, long Total, double BytesPerSecond)
{
    /// <summary>Percentage, 0 to 100.</summary>
    public double Percent => Total > 0 ? Math.Min(100.0, 100.0 * Done / Total) : 0;
}

/// <summary>Thrown when a download fails. The message is one sentence for the user.</summary>
internal sealed class DownloadException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Downloads files of data sets. Partial content is kept in <c>NAME.part</c>, where the next attempt resumes. A file gets its final
/// name only after its checksum has been verified, so that a file with the final name is always complete.
/// </summary>
/// <param name="mirror">Base address of a mirror with files of the same names; null for the official addresses.</param>
internal sealed class Download(Uri? mirror = null) : IDisposable
{
    // Broken connections are common with files of this size. An attempt that receives nothing is not repeated.
    private const int MaxAttempts = 5;

    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(60);

    private readonly HttpClient client =
        new(new SocketsHttpHandler { UseProxy = mirror is not { IsLoopback: true }, ConnectTimeout = ResponseTimeout })
        {
            Timeout = ResponseTimeout,
        };

    /// <summary>Downloads a file, unless the official one already exists.</summary>
    /// <param name="file">The file.</param>
    /// <param name="folder">Target folder; created if needed.</param>
    /// <param name="progress">Called after every block, on any thread.</param>
    /// <param name="cancellation">Cancels; received content is kept for the next attempt.</param>
    /// <returns>False if the file already existed.</returns>
    /// <exception cref="InputException">
    /// A file of this name exists and is not the official one (it is left unchanged), or another process is downloading the file.
    /// </exception>
    /// <exception cref="DownloadException">Network, server or disk failed, or the checksum is wrong.</exception>
    public async Task<bool> FetchAsync(
        RemoteFile file, string folder, Action<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        var path = Path.Combine(folder, file.Name);
        if (IsDownloaded(file, path)) return false;

        var part = path + ".part";
        WrapDiskErrors(part, () => Directory.CreateDirectory(folder));
        // Two processes must not write to the same partial file.
        using var folderLock = FolderLock.AcquireFor(path);
        if (IsDownloaded(file, path)) return false;
        var resumed = File.Exists(part);
        await CompleteAsync(file, part, progress, cancellation);
        if (ComputeMd5(part) != file.Md5 && resumed)
        {
            // The beginning may come from another file: start again from zero.
            WrapDiskErrors(part, () => File.Delete(part));
            await CompleteAsync(file, part, progress, cancellation);
        }
        if (ComputeMd5(part) is var found && found != file.Md5)
        {
            WrapDiskErrors(part, () => File.Delete(part));
            throw new DownloadException($"{GetAddress(file)}: has checksum {found}, not the official {file.Md5}; nothing was kept");
        }
        WrapDiskErrors(path, () => File.Move(part, path));
        return true;
    }

    public void Dispose() => client.Dispose();

    /// <summary>The MD5 of a file, as 32 hexadecimal digits.</summary>
    internal static string ComputeMd5(string path) => InputFile.Read(path, "readable", () =>
    {
        using var stream = RegularFile.Open(path);
        return Convert.ToHexStringLower(MD5.HashData(stream));
    });

    private static bool IsDownloaded(RemoteFile file, string path) => File.Exists(path)
        && (ComputeMd5(path) == file.Md5 ? true
            : throw new InputException($"{path}: exists and is not the official file; move it away and fetch again"));

    private Uri GetAddress(RemoteFile file) =>
        mirror is null ? file.Address : new Uri(mirror.AbsoluteUri.TrimEnd('/') + "/" + Uri.EscapeDataString(file.Name));

    /// <summary>Continues the partial file until it is complete, as long as every attempt makes progress.</summary>
    private async Task CompleteAsync(RemoteFile file, string part, Action<DownloadProgress>? progress, CancellationToken cancellation)
    {
        for (var left = MaxAttempts - 1; ; left--)
        {
            var before = PartialLength(part);
            try
            {
                await ResumeAsync(file, part, progress, cancellation);
                return;
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested
                && e is HttpRequestException or HttpIOException or IOException or OperationCanceledException)
            {
                if (left == 0 || PartialLength(part) <= before) throw new DownloadException(DescribeError(file, part, e), e);
            }
        }
    }

    private async Task ResumeAsync(RemoteFile file, string part, Action<DownloadProgress>? progress, CancellationToken cancellation)
    {
        var received = PartialLength(part);
        if (received == file.Bytes) return;

        using var request = new HttpRequestMessage(HttpMethod.Get, GetAddress(file));
        if (received > 0 && received < file.Bytes) request.Headers.Range = new RangeHeaderValue(received, null);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // The partial file is longer than the server's file, so it belongs to another one.
            WrapDiskErrors(part, () => File.Delete(part));
            throw new IncompleteResponseException("the server's file is shorter than the partial file");
        }
        if (!response.IsSuccessStatusCode)
            throw new DownloadException($"{GetAddress(file)}: the server answers {(int)response.StatusCode} {response.ReasonPhrase}");

        var resumes = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == received;
        if (!resumes && response.StatusCode == HttpStatusCode.PartialContent)
            throw new DownloadException($"{GetAddress(file)}: the server sent another range than the one requested");

        await using var content = await response.Content.ReadAsStreamAsync(cancellation);
        var mode = resumes ? FileMode.Append : FileMode.Create;
        using var disk = WrapDiskErrors(part, () => new FileStream(part, mode, FileAccess.Write, FileShare.None));
        await CopyAsync(file, content, disk, progress, cancellation);
        // An answer with a content length is complete here. If it is too short it is another file, and its checksum is wrong.
        if (disk.Position < file.Bytes && response.Content.Headers.ContentLength is null)
            throw new IncompleteResponseException($"the connection ended after {disk.Position} of {file.Bytes} bytes");
    }

    private static async Task CopyAsync(
        RemoteFile file, Stream content, FileStream disk, Action<DownloadProgress>? progress, CancellationToken cancellation)
    {
        var (clock, first, piece) = (Stopwatch.StartNew(), disk.Position, new byte[1 << 17]);
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        while (true)
        {
            idle.CancelAfter(ResponseTimeout);
            var count = await content.ReadAsync(piece, idle.Token);
            if (count == 0) return;
            WrapDiskErrors(disk.Name, () => disk.Write(piece, 0, count));
            // Stop here: content that is longer than the official file is another file.
            if (disk.Position > file.Bytes) return;
            progress?.Invoke(new DownloadProgress(
                disk.Position, file.Bytes, (disk.Position - first) / Math.Max(clock.Elapsed.TotalSeconds, 1e-3)));
        }
    }

    private string DescribeError(RemoteFile file, string part, Exception e)
    {
        var bytes = PartialLength(part);
        var kept = bytes > 0 && bytes < file.Bytes ? $"; {bytes} of {file.Bytes} bytes are kept; the next attempt resumes there" : "";
        var reason = e is OperationCanceledException ? $"no answer within {ResponseTimeout.TotalSeconds:0} seconds"
            : e is IncompleteResponseException ? e.Message : NetworkError.Describe(e);
        return $"{GetAddress(file)}: {reason}{kept}";
    }

    private static long PartialLength(string part) => File.Exists(part) ? new FileInfo(part).Length : 0;

    private static void WrapDiskErrors(string path, Action write) => WrapDiskErrors(path, () =>
    {
        write();
        return true;
    });

    private static T WrapDiskErrors<T>(string path, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DownloadException($"{path}: cannot be written: {FileError.Describe(e)}", e);
        }
    }

    /// <summary>Thrown when the server sends less than expected.</summary>
    private sealed class IncompleteResponseException(string message) : IOException(message);
}
