using System.Diagnostics;
using System.Net.Sockets;

namespace Arow.Tests.Unit.IO;

public sealed class RegularFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Readers of what users name; none of them would come back from a pipe.</summary>
    public static TheoryData<string> Readers => [.. Reading.Keys];

    private static Dictionary<string, Action<string>> Reading => new()
    {
        ["run file"] = path => RunFile.Read(path, []),
        ["study file"] = path => StudyFile.Read(path),
        ["safetensors"] = path => Safetensors.Read(path),
        ["model"] = path => ModelFile.Open(new ModelSource(path, new InputShape(1, 28, 28), 10)).Dispose(),
        ["summary"] = path => EvaluationSummary.Read(path),
        ["weights' hash"] = path => EvaluationRun.HashFile(path),
    };

    [Theory]
    [MemberData(nameof(Readers))]
    public void A_pipe_or_a_device_is_refused_where_a_file_is_read(string reader)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "no named pipes in folders here");
        var pipe = folder.File("pipe");
        Run("mkfifo", pipe);
        Assert.Equal($"{pipe}: is not a regular file but a pipe; save its output to a file first", Fault(pipe));
        var link = folder.File("link.json");
        File.CreateSymbolicLink(link, "/dev/zero");
        Assert.Equal($"{link}: is not a regular file but a device", Fault(link));
        Assert.Equal("/dev/null: is not a regular file but a device", Fault("/dev/null"));
        foreach (var (name, target) in ((string, string)[])[("broken.json", "nowhere"), ("loop.json", "loop.json")])
        {
            File.CreateSymbolicLink(folder.File(name), target);
            Assert.Equal($"{folder.File(name)}: cannot be read: it is a broken link", Fault(folder.File(name)));
        }

        string Fault(string path) => Assert.Throws<InputException>(() => Reading[reader](path)).Message;
    }

    [Fact]
    public void A_socket_is_none_and_a_link_to_a_file_is_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "no sockets in folders here");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder.File("s")));
        Assert.EndsWith("is not a regular file but a socket", Assert.Throws<InputException>(() => RegularFile.Open(folder.File("s"))).Message);
        Assert.EndsWith("is not a regular file but a folder", Assert.Throws<InputException>(() => RegularFile.Open(folder.Path)).Message);

        File.WriteAllText(folder.File("a"), "text");
        File.CreateSymbolicLink(folder.File("b"), "a");
        Assert.Equal("text", RegularFile.ReadAllText(folder.File("b"), 4));
        Assert.Contains("has 4 bytes; the maximum for this kind of file is 3",
            Assert.Throws<InputException>(() => RegularFile.ReadAllBytes(folder.File("b"), 3)).Message);
    }

    private static void Run(string program, string argument)
    {
        using var process = Process.Start(program, [argument]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
