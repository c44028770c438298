using System.Runtime.InteropServices;

namespace Arow.Cli;

/// <summary>
/// OpenSSL, which .NET computes checksums with on Linux. Without it .NET ends the process in the middle of the work, so it is looked for
/// before.
/// </summary>
internal static class OpenSsl
{
    /// <summary>Names that .NET looks for, newest first; it also takes the version that the variable names.</summary>
    private static readonly string[] Names =
        ["libssl.so.4", "libssl.so.3", "libssl.so.1.1", "libssl.so.11", "libssl.so.111", "libssl.so.1.0.2", "libssl.so.1.0.0", "libssl.so.10"];

    private const string VersionVariable = "CLR_OPENSSL_VERSION_OVERRIDE";

    /// <summary>One sentence if it is missing; null if it is there or not needed.</summary>
    public static string? DescribeMissing() => !OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(VersionVariable) is { Length: > 0 }
        ? null : DescribeMissing(name => NativeLibrary.TryLoad(name, out _));

    /// <summary>The same, where libraries are found by a function.</summary>
    internal static string? DescribeMissing(Func<string, bool> load) => Names.Any(load) ? null
        : "OpenSSL is missing, which checksums are computed with: install the package libssl3 (Debian, Ubuntu) or openssl-libs (Fedora, RHEL)";
}
