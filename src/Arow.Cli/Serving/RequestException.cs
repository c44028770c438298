namespace Arow.Cli.Serving;

/// <summary>A request that is answered with a status and one sentence.</summary>
internal sealed class RequestException(int status, string message) : Exception(message)
{
    public int Status => status;
}
