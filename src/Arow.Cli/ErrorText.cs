using System.Diagnostics;
using System.Reflection;
using Arow.IO;

namespace Arow.Cli;

/// <summary>Describes an unexpected exception in one line, since messages of libraries do not help users.</summary>
internal static class ErrorText
{
    /// <summary>Returns the line, without the name of the program.</summary>
    public static string Describe(Exception fault) => fault switch
    {
        AggregateException or TargetInvocationException or TypeInitializationException when fault.InnerException is { } inner => Describe(inner),
        _ when IsOutOfMemory(fault) => "not enough memory",
        _ when IsFromArow(fault) => Printable.Escape(fault.Message.ReplaceLineEndings(" ")),
        IOException or UnauthorizedAccessException => Printable.Escape(FileError.DescribeWithFile(fault)),
        _ => $"internal error of the program, not caused by the input ({fault.GetType().Name} in {FindOrigin(fault)}); please report it with "
            + "the command line",
    };

    private static bool IsOutOfMemory(Exception fault) => fault is OutOfMemoryException
        || fault.Message.Contains("not enough memory: you tried to allocate", StringComparison.Ordinal)
        || fault.Message.Contains("CUDA out of memory", StringComparison.Ordinal);

    /// <summary>Whether Arow wrote the message; the exception may be of Arow's or the runtime's type.</summary>
    private static bool IsFromArow(Exception fault) =>
        IsFromArow(fault.GetType()) || (!IsRuntimeError(fault) && IsFromArow(fault.TargetSite?.DeclaringType));

    /// <summary>Whether the runtime raised it in Arow's code, so that the message is the runtime's.</summary>
    private static bool IsRuntimeError(Exception fault) => fault is NullReferenceException or IndexOutOfRangeException or InvalidCastException
        or ArrayTypeMismatchException or DivideByZeroException or OverflowException or KeyNotFoundException;

    private static bool IsFromArow(Type? type) => type?.Namespace?.Split('.')[0] == nameof(Arow);

    /// <summary>Returns the innermost method of Arow in the stack trace.</summary>
    private static string FindOrigin(Exception fault) =>
        new StackTrace(fault).GetFrames().Select(frame => frame.GetMethod()?.DeclaringType).FirstOrDefault(IsFromArow)?.FullName?.Split('+')[0]
            ?? "a library";
}
