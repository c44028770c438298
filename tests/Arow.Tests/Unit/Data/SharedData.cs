namespace Arow.Tests.Unit.Data;

/// <summary>Real images that may lie beside the repository; tests that want them are skipped where they do not.</summary>
internal static class SharedData
{
    public static string Find(string name)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var path = Path.Combine(at.FullName, "shared", "data", name);
            if (Path.Exists(path)) return path;
        }
        Assert.Skip($"no shared/data/{name} beside the repository");
        return "";
    }
}
