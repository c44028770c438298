using System.Runtime.InteropServices;
using Arow.Cli;

namespace Arow.Tests.Unit.Cli;

/// <summary>A user reads one plain line, whatever was thrown.</summary>
public sealed class ErrorTextTests
{
    private static string Of(Action act) => ErrorText.Describe(Assert.ThrowsAny<Exception>(act));

    [Fact]
    public void Words_of_libraries_are_not_passed_on()
    {
        object? nothing = null;
        var one = 1;
        foreach (var fault in (Action[])
        [
            () => new Dictionary<string, int> { ["a"] = 1 }.Add("a", 2),
            () => new Dictionary<string, int>()["a"].ToString(),
            () => Array.Empty<int>().First(),
            () => _ = ((string?)nothing)!.Length,
            () => _ = Array.Empty<int>()[one],
            () => _ = (string)(object)one,
            () => _ = 1 / (one - 1),
            () => _ = checked(int.MaxValue + one),
            () =>
            {
                using var scope = NewDisposeScope();
                zeros(2).add(zeros(3));
            },
        ])
        {
            var line = Of(fault);
            Assert.Contains("internal error of the program, not caused by the input", line);
            Assert.Contains("Arow.Tests.Unit.Cli.ErrorTextTests", line);
            foreach (var word in (string[])["\n", "item with the same key", "not present", "no elements", "set to an instance", "bounds of the array",
                "Unable to cast", "divide by zero", "overflow", "size of tensor", "frame #"]) Assert.DoesNotContain(word, line);
        }
    }

    [Fact]
    public void Want_of_memory_and_of_disk_is_told_as_such()
    {
        const string Memory = "not enough memory";
        Assert.Equal(Memory, ErrorText.Describe(new OutOfMemoryException()));
        Assert.Equal(Memory, ErrorText.Describe(
            new AggregateException(new ExternalException("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."))));
        Assert.Equal("/r/log: no space is left on the device", ErrorText.Describe(new IOException("No space left on device : '/r/log'", 28)));
        // Of an output, not of the temporary file that is gone when the line is read.
        Assert.Equal("/r/out/a.png: no space is left on the device", ErrorText.Describe(
            new IOException($"No space left on device : '{TemporaryFiles.PathFor("/r/out")}/a.png'", 28)));
        using var folder = new TemporaryFolder();
        Assert.Equal($"{folder.File("gone")}: it does not exist", Of(() => File.ReadAllText(folder.File("gone"))));
    }

    [Fact]
    public void Our_own_words_are()
    {
        Assert.Equal("diverged", ErrorText.Describe(new DivergedException("diverged", 1, [])));
        Assert.Equal("the bound", Of(() => throw new InvalidOperationException("the bound")));
    }
}
