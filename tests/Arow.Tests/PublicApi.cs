using System.Reflection;
using PublicApiGenerator;

namespace Arow.Tests;

/// <summary>
/// The public API of the library is written down in docs/api: a change of it is a change of these files. With AROW_WRITE_API=1
/// in the environment this test writes them.
/// </summary>
public sealed class PublicApi
{
    [Theory, InlineData("Arow"), InlineData("Arow.Onnx")]
    public void Is_as_it_is_written_down(string assembly)
    {
        var api = Assembly.Load(assembly).GeneratePublicApi(new ApiGeneratorOptions
        {
            IncludeAssemblyAttributes = false, ExcludeAttributes = ["System.Runtime.CompilerServices.CompilerGeneratedAttribute"],
        }).ReplaceLineEndings("\n") + "\n";
        var file = Path.Combine(Repository.Root, "docs", "api", $"{assembly}.txt");
        if (Environment.GetEnvironmentVariable("AROW_WRITE_API") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, api);
        }
        Assert.Equal(File.ReadAllText(file), api);
    }
}
