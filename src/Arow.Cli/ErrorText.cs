using System.Diagnostics;
using System.Reflection;
using Arow.IO;

namespace Arow.Cli;

/// <summary>What the program says of an exception that nobody foresaw, in a line: the words of libraries would tell a user nothing.</summary>
internal static class ErrorText
{
    /// <summary>The line, without the name of the program.</summary>
    public static string Describe(Exception fault) => fault switch
    {
        AggregateException or TargetInvocationException or TypeInitializationException when fault.InnerException is { } inner => Describe(inner),
        _ when IsOutOfMemory(fault) => "there is not enough memory for this",
        _ when IsFromArow(fault) => Printable.Escape(fault.Message.ReplaceLineEndings(" ")),
        IOException or UnauthorizedAccessException => Printable.Escape(FileError.DescribeWithFile(fault)),
        _ => $"this is a fault of the program and not of what it was given ({fault.GetType().Name} in {FindOrigin(fault)}); please report it with "
            + $"the command that was run",
    };

    private static bool IsOutOfMemory(Exception fault) => fault is OutOfMemoryException
        || fault.Message.Contains("not enough memory: you tried to allocate", StringComparison.Ordinal)
        || fault.Message.Contains("CUDA out of memory", StringComparison.Ordinal);

    /// <summary>Whether the message was written here, be the exception of a type of our own or of the run-time library's.</summary>
    private static bool IsFromArow(Exception fault) =>
        IsFromArow(fault.GetType()) || (!IsRuntimeError(fault) && IsFromArow(fault.TargetSite?.DeclaringType));

    /// <summary>Whether an instruction of ours raised it, so that its message is the runtime's and not written by anyone here.</summary>
    private static bool IsRuntimeError(Exception fault) => fault is NullReferenceException or IndexOutOfRangeException or InvalidCastException
        or ArrayTypeMismatchException or DivideByZeroException or OverflowException or KeyNotFoundException;

    private static bool IsFromArow(Type? type) => type?.Namespace?.Split('.')[0] == nameof(Arow);

    /// <summary>The innermost of our own methods that it went through.</summary>
    private static string FindOrigin(Exception fault) =>
        new StackTrace(fault).GetFrames().Select(frame => frame.GetMethod()?.DeclaringType).FirstOrDefault(IsFromArow)?.FullName?.Split('+')[0]
            ?? "a library";
}
