using System.Reflection;
using System.Text.RegularExpressions;
using Arow.Cli;

namespace Arow.Tests.Docs;

/// <summary>What the documents call by its name in the code is there, under that name.</summary>
public sealed partial class DocumentedNames
{
    private static readonly Lazy<HashSet<string>> Known = new(() => ((string[])["src", "tests", "bench"])
        .SelectMany(below => Directory.EnumerateFiles(Path.Combine(Repository.Root, below), "*.cs", SearchOption.AllDirectories))
        .SelectMany(path => Word().Matches(File.ReadAllText(path)).Select(word => word.Value).Append(Path.GetFileNameWithoutExtension(path))
            .Concat(Path.GetDirectoryName(path)!.Split('/', '\\'))).ToHashSet());

    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    private static readonly ILookup<string, Type> Types = new[] { typeof(Classifier), typeof(Commands) }
        .SelectMany(type => type.Assembly.GetTypes()).ToLookup(type => type.Name.Split('`')[0]);

    [Theory]
    [InlineData("docs/architecture.md")]
    [InlineData("docs/paper-to-code.md")]
    [InlineData("docs/performance.md")]
    [InlineData("docs/methods.md")]
    [InlineData("docs/analysis.md")]
    [InlineData("docs/any-model.md")]
    [InlineData("docs/arow-in-an-hour.md")]
    [InlineData("docs/distributed.md")]
    [InlineData("docs/evaluation.md")]
    [InlineData("docs/gpu.md")]
    [InlineData("docs/reliability.md")]
    [InlineData("docs/studies.md")]
    [InlineData("README.md")]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("src/Arow/Models/Kernels/README.md")]
    public void Types_and_members_exist(string page)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, page));
        var named = Code().Matches(text).Select(match => match.Groups[1].Value).Concat(Diagram().Matches(text).Select(match => match.Value));
        Assert.Empty(named.SelectMany(code => Word().Matches(code)).Select(word => word.Value).Where(word => word.Any(char.IsLower))
            .Concat(SourceFile().Matches(text).Select(file => file.Groups[1].Value)).Distinct().Except(Known.Value));
        Assert.All(named.SelectMany(code => Member().Matches(code)), pair =>
            Assert.True(HasMember(pair.Groups[1].Value, pair.Groups[2].Value), pair.Value));
    }

    private static bool HasMember(string type, string member) => !Types.Contains(type) || Types[type].Any(one =>
        one.GetMember(member, Any).Length > 0 || one.GetInterfaces().Any(face => face.GetMember(member).Length > 0));

    /// <summary>`Type`, `Folder/Type.Member`, `Type.Member(…)`; variables of the environment have no small letters.</summary>
    [GeneratedRegex(@"`([A-Z]\w*(?:[./][A-Z]\w*)*)(?:\([^`]*\))?`")]
    private static partial Regex Code();

    /// <summary>Type.Member in a diagram.</summary>
    [GeneratedRegex(@"\b[A-Z]\w*[a-z]\.[A-Z]\w*[a-z]\b(?!\.)")]
    private static partial Regex Diagram();

    /// <summary>`File.cs`.</summary>
    [GeneratedRegex(@"`(?:[\w/]+/)?(\w+)\.cs`")]
    private static partial Regex SourceFile();

    /// <summary>Type.Member; Arow is the namespace.</summary>
    [GeneratedRegex(@"\b(?!Arow\.)([A-Z]\w+)\.([A-Z]\w+)")]
    private static partial Regex Member();

    [GeneratedRegex(@"\b[A-Z]\w+")]
    private static partial Regex Word();
}
