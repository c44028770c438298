namespace Arow.Faults;

/// <summary>Where the sources are.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Arow.slnx"))) return folder.FullName;
        }
        throw new InvalidOperationException("the tests are not below the repository");
    }
}
