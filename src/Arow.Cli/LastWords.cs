using System.Diagnostics;
using System.Reflection;

namespace Arow.Cli;

/// <summary>What the program says of an exception that nobody foresaw, in a line: the words of libraries would tell a user nothing.</summary>
internal static class LastWords
{
    /// <summary>The line, without the name of the program.</summary>
    public static string Of(Exception fault) => fault switch
    {
        AggregateException or TargetInvocationException or TypeInitializationException when fault.InnerException is { } inner => Of(inner),
        _ when IsWantOfMemory(fault) => "there is not enough memory for this",
        _ when IsOurs(fault) => Printable.Text(fault.Message.ReplaceLineEndings(" ")),
        IOException or UnauthorizedAccessException => Printable.Text(FileFault.Line(fault)),
        _ => $"this is a fault of the program and not of what it was given ({fault.GetType().Name} in {Place(fault)}); please report it with the command that was run",
    };

    private static bool IsWantOfMemory(Exception fault) => fault is OutOfMemoryException
        || fault.Message.Contains("not enough memory: you tried to allocate", StringComparison.Ordinal)
        || fault.Message.Contains("CUDA out of memory", StringComparison.Ordinal);

    /// <summary>Whether the message was written here, be the exception of a type of our own or of the run-time library's.</summary>
    private static bool IsOurs(Exception fault) => IsOurs(fault.GetType()) || (!IsOfTheRuntime(fault) && IsOurs(fault.TargetSite?.DeclaringType));

    /// <summary>Whether an instruction of ours raised it, so that its message is the runtime's and not written by anyone here.</summary>
    private static bool IsOfTheRuntime(Exception fault) => fault is NullReferenceException or IndexOutOfRangeException or InvalidCastException
        or ArrayTypeMismatchException or DivideByZeroException or OverflowException or KeyNotFoundException;

    private static bool IsOurs(Type? type) => type?.Namespace?.Split('.')[0] == nameof(Arow);

    /// <summary>The innermost of our own methods that it went through.</summary>
    private static string Place(Exception fault) =>
        new StackTrace(fault).GetFrames().Select(frame => frame.GetMethod()?.DeclaringType).FirstOrDefault(IsOurs)?.FullName?.Split('+')[0] ?? "a library";
}
