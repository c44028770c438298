using Arow.Cli;

namespace Arow.Tests.Unit.Cli;

public sealed class ShippedFileTests : IDisposable
{
    private readonly TemporaryFolder home = new();

    public ShippedFileTests()
    {
        Directory.CreateDirectory(home.File("recipes"));
        File.WriteAllText(home.File("recipes/a.json"), "{}");
    }

    /// <summary>A file of the user comes first, and nothing else of the program's folder is meant.</summary>
    [Theory]
    [InlineData("recipes/a.json", true)]
    [InlineData("recipes/b.json", false)]
    [InlineData("a.json", false)]
    [InlineData("recipes/../recipes/a.json", false)]
    [InlineData("./recipes/a.json", false)]
    [InlineData(null, false)]
    public void Only_the_files_of_its_folders_are_meant(string? path, bool isShipped) =>
        Assert.Equal(isShipped ? Path.Combine(home.Path, path!) : path, ShippedFile.Locate(path, home.Path));

    [Fact]
    public void All_recipes_and_studies_of_the_repository_come_with_it()
    {
        foreach (var folder in (string[])["recipes", "studies"])
        {
            foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.json"))
                Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, folder, Path.GetFileName(file))), file);
        }
    }

    public void Dispose() => home.Dispose();
}
