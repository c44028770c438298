using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Arow.Cli.Serving;

/// <summary>A picture from the body of a request, or from a form with other fields.</summary>
internal sealed record PictureUpload(byte[] Encoded, string? Name, IFormCollection? Form)
{
    /// <summary>Largest picture in bytes.</summary>
    public const int MaxBytes = 10 << 20;

    /// <summary>Largest body: a form has some lines around its picture.</summary>
    public const int MaxBodyBytes = MaxBytes + (64 << 10);

    private static readonly FormOptions Limits = new()
    {
        // In memory, not in a temporary file.
        MemoryBufferThreshold = 2 * MaxBodyBytes, MultipartBodyLengthLimit = 2 * MaxBodyBytes, BufferBodyLengthLimit = 2 * MaxBodyBytes,
        ValueCountLimit = 16, KeyLengthLimit = 256, ValueLengthLimit = 1024, MultipartHeadersCountLimit = 16,
    };

    /// <summary>Reads it.</summary>
    /// <exception cref="RequestException">There is none, it is too large, or the form is malformed.</exception>
    public static async Task<PictureUpload> Read(HttpRequest request, CancellationToken stop)
    {
        try
        {
            var upload = request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true
                ? await ReadForm(request, stop) : new PictureUpload(await ReadAll(request.Body, stop), null, null);
            return upload.Encoded.Length == 0 ? throw new RequestException(400, "there is no picture in the request") : upload;
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge();
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            throw new RequestException(408, "the picture arrived too slowly");
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            throw new RequestException(400, "the request is malformed or cut off");
        }
    }

    /// <summary>A value of the form, or else of the address.</summary>
    public string? GetValue(HttpRequest request, string name) =>
        Form?[name] is { Count: > 0 } value ? value[0] : request.Query[name] is { Count: > 0 } given ? given[0] : null;

    private static async Task<PictureUpload> ReadForm(HttpRequest request, CancellationToken stop)
    {
        if (!request.HasFormContentType) throw new RequestException(400, "the form is malformed: send multipart/form-data");
        request.HttpContext.Features.Set<IFormFeature>(new FormFeature(request, Limits));
        var form = await request.ReadFormAsync(stop);
        if (form.Files.Count != 1) throw new RequestException(400, $"the form has {form.Files.Count} files instead of one picture");
        var file = form.Files[0];
        await using var stream = file.OpenReadStream();
        return new PictureUpload(await ReadAll(stream, stop), file.FileName, form);
    }

    private static async Task<byte[]> ReadAll(Stream stream, CancellationToken stop)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, stop);
        return all.Length > MaxBytes ? throw TooLarge() : all.ToArray();
    }

    private static RequestException TooLarge() => new(413, $"the picture has more than {MaxBytes >> 20} MiB, the limit");
}
