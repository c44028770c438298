using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;
using Arow.Cli;
using Arow.Objectives;

namespace Arow.Tests;

/// <summary>What the design asks of every file and type.</summary>
public sealed partial class HouseRules
{
    private static readonly Assembly Library = typeof(Classifier).Assembly;

    private static IEnumerable<(string Path, string Text)> Sources(string below) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, below), "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path.GetRelativePath(Repository.Root, path), File.ReadAllText(path)));

    /// <summary>A namespace is a folder. The families of attacks and the formats of data are folders only; users need not know them.</summary>
    [Fact]
    public void Namespaces_are_folders()
    {
        foreach (var (path, text) in Sources("src/Arow"))
        {
            var folder = Path.GetDirectoryName(Path.GetRelativePath("src/Arow", path))!;
            if (folder == "build") continue;
            if (folder.StartsWith("Attacks/", StringComparison.Ordinal) || folder.StartsWith("Data/", StringComparison.Ordinal)) folder =
                folder.Split('/')[0];
            var ns = Regex.Match(text, @"^namespace ([\w.]+);", RegexOptions.Multiline).Groups[1].Value;
            Assert.True(ns == $"Arow.{folder.Replace('/', '.')}".TrimEnd('.'), $"{path}: namespace {ns}");
        }
    }

    [Fact]
    public void Tests_mirror_the_folders()
    {
        foreach (var (path, text) in Sources("tests/Arow.Tests/Unit"))
        {
            var folder = Path.GetDirectoryName(Path.GetRelativePath("tests/Arow.Tests/Unit", path))!;
            Assert.True(text.Contains($"namespace {$"Arow.Tests.Unit.{folder.Replace('/', '.')}".TrimEnd('.')};", StringComparison.Ordinal), path);
            if (folder is not ("Cli" or "Onnx")) Assert.True(Directory.Exists(Path.Combine(Repository.Root, "src/Arow", folder)), path);
            if (folder.Length == 0 && path.EndsWith("Tests.cs", StringComparison.Ordinal))
                Assert.True(File.Exists(Path.Combine(Repository.Root, "src/Arow", Path.GetFileName(path).Replace("Tests.cs", ".cs"))), path);
        }
    }

    [Fact]
    public void Folders_use_each_other_as_the_map_says_and_in_one_direction()
    {
        var (allowed, used) = (FolderDependencies.Allowed(), FolderDependencies.Used());
        foreach (var ((from, to), example) in used)
            Assert.True(to == "(root)" || allowed[from].Contains(to), $"{example}: {from} may not use {to} (docs/architecture.md)");
        foreach (var (from, tos) in allowed)
            foreach (var to in tos) Assert.True(used.ContainsKey((from, to)), $"docs/architecture.md: {from} does not use {to}");

        // What may use nothing that is left can be taken away, until nothing is left.
        var left = allowed.ToDictionary(a => a.Key, a => a.Value.Where(to => to != "(root)").ToHashSet());
        while (left.FirstOrDefault(a => a.Value.Count == 0).Key is { } free)
        {
            left.Remove(free);
            foreach (var uses in left.Values) uses.Remove(free);
        }
        Assert.Empty(left.Keys);
    }

    [Fact]
    public void Mathematics_sees_no_module_optimizer_or_data_set()
    {
        foreach (var (path, text) in Sources("src/Arow/Attacks").Concat(Sources("src/Arow/Objectives")))
        {
            foreach (var word in (string[])["nn.Module", "optim", "ImageSet", "Network", "Sgd"])
                Assert.False(text.Contains(word, StringComparison.Ordinal), $"{path} mentions {word}");
        }
    }

    [Fact]
    public void Concrete_types_are_sealed()
    {
        foreach (var type in Library.GetTypes()
            .Where(t => t.IsClass && !t.IsAbstract && t.Namespace?.StartsWith("Arow", StringComparison.Ordinal) == true))
            Assert.True(type.IsSealed || type.Name.Contains('<', StringComparison.Ordinal), $"{type} is not sealed");
    }

    [Fact]
    public void Everything_that_can_be_named_is_in_the_Catalog()
    {
        AssertNone<IAttack>(Catalog.Attacks.Values.Select(method => Made(method).GetType()).Append(typeof(Transfer))
            .Concat(Catalog.Objectives.Keys.Select(name => new TrainingOptions { Objective = name })
                .Select(o => o.CreateAttack(o.CreateObjective())?.GetType()).OfType<Type>()));
        AssertNone<IObjective>(Catalog.Objectives.Values.Select(m => m.Create(1, 0.1).GetType()).Append(
            new TrainingOptions { Weight = "margin" }.CreateObjective().GetType()));
        AssertNone<IDataSet>(Catalog.DataSets.Values.Select(set => set.GetType()));
        foreach (var (name, set) in Catalog.DataSets) Assert.Equal(name, set.Name);
        foreach (var (name, method) in Catalog.Attacks) Assert.Equal(name, Made(method).Name);

        var modules = Library.GetTypes().Where(t => t.IsPublic && typeof(nn.Module<Tensor, Tensor>).IsAssignableFrom(t)).Select(t => t.Name);
        var catalog = File.ReadAllText(Path.Combine(Repository.Root, "src/Arow/Models/Architectures.cs"));
        foreach (var module in modules) Assert.Contains($"new {module}(", catalog);

        static IAttack Made(AttackMethod method) => method.Create(new ThreatModel(method.Norms[0], 0.1), AttackBudget.Default);

        static void AssertNone<T>(IEnumerable<Type> named) => Assert.Empty(
            Library.GetTypes().Where(t => t.IsClass && !t.IsAbstract && typeof(T).IsAssignableFrom(t)).Except(named));
    }

    [Fact]
    public void Every_option_has_one_name_and_a_place_in_the_table()
    {
        Assert.Equal(Settings.All.Count, Settings.All.Select(s => s.Name).Distinct().Count());
        // The threat model is one value and two rows.
        var settable = typeof(TrainingOptions).GetProperties().Count(p => p.CanWrite);
        Assert.Equal(settable + 1, Settings.All.Count);
    }

    [Fact]
    public void Nothing_is_left_unfinished_or_taken_from_the_banned()
    {
        (string Pattern, string Why)[] banned =
        [
            ("NotImplementedException|TODO|FIXME|HACK", "unfinished"),
            (@"\bmatmul\(", "kills the process on wrong shapes: use mm, bmm or F.linear"),
            (@"autograd\.grad\(", "kills the process on errors: use backward(inputs:)"),
            (@"\bkl_div\(|KLDivLoss", "takes its target as logarithms by default: use Losses.Kl"),
            (@"DateTime\.(Now|UtcNow)|new Random\(|Random\.Shared", "time and chance are passed in"),
            (@"Console\.", "the library has no console"),
            (@"\b(private|internal|protected|readonly)\b[\w\s<>\[\],.?()]* _\w+\s*[;=]", "names of fields begin with a letter"),
            (@"new ZipArchive\((?!.*ZipArchiveMode\.Create)|ZipFile\.", "archives are read with ZipReader, which verifies them"),
        ];
        foreach (var (path, text) in Sources("src/Arow"))
        {
            foreach (var (pattern, why) in banned) Assert.False(Regex.IsMatch(text, pattern), $"{path}: /{pattern}/ ({why})");
        }
    }

    [Fact]
    public void No_file_hides_behind_a_name_that_says_nothing()
    {
        foreach (var (path, _) in Sources("src"))
            Assert.DoesNotMatch("Utils?|Helpers?|Common|Misc|Manager", Path.GetFileName(path));
    }

    /// <summary>Messages know what is drawn on the terminal, what was asked for, and the log file; downloads have a display of their own.</summary>
    [Fact]
    public void Only_messages_write_to_standard_error()
    {
        foreach (var (path, text) in Sources("src/Arow.Cli"))
        {
            if (Path.GetFileName(path) is not ("Messages.cs" or "DataCommand.cs" or "Program.cs"))
                Assert.False(text.Contains("Console.Error.", StringComparison.Ordinal), path);
        }
    }

    [Fact]
    public void The_paper_is_mapped_to_the_code()
    {
        var mapped = File.ReadAllText(Path.Combine(Repository.Root, "docs/paper-to-code.md"));
        foreach (var name in Catalog.Objectives.Keys) Assert.Contains($"`{name}`", mapped);
        foreach (var loss in typeof(Losses).GetMethods(BindingFlags.Public | BindingFlags.Static)) Assert.Contains($"`Losses.{loss.Name}`", mapped);
    }

    /// <summary>The limit of .editorconfig, which no formatter holds. Text in quotes may be longer.</summary>
    [Fact]
    public void Lines_have_at_most_150_characters()
    {
        foreach (var (path, text) in Sources("src").Concat(Sources("tests")).Concat(Sources("bench")))
        {
            var isRaw = false;
            foreach (var (i, line) in text.Split('\n').Index())
            {
                Assert.True(line.Length <= 150 || isRaw || line.Contains('"', StringComparison.Ordinal), $"{path}:{i + 1} has {line.Length} characters");
                isRaw ^= line.Split("\"\"\"").Length % 2 == 0;
            }
        }
    }

    /// <summary>Words of an earlier dialect for which the field has others: docs/vocabulary.md.</summary>
    [Fact]
    public void Methods_have_the_names_of_the_field()
    {
        string[] banned = ["Of", "Said", "Told", "Made", "Kept", "Asked", "Wanted", "Forth", "Heeding", "Fault", "Unfit", "Useless", "Sizeless"];
        foreach (var (path, text) in Sources("src"))
        {
            foreach (var name in banned)
                Assert.False(Regex.IsMatch(text, $@"^\s*(?:public|internal|private|protected)[\w\s<>\[\],.?()]*? {name}(?:<\w+>)?\(", RegexOptions.Multiline), $"{path} has a method {name}");
            Assert.DoesNotMatch(@"\b(?:[Gg]ait|[Dd]ice|[Cc]limb|[Ss]ummit)\w*\b", text);
        }
    }

    /// <summary>The library speaks to C# callers; <c>CommandLineWording</c> translates for users of the program.</summary>
    [Fact]
    public void The_library_names_no_options_or_commands_of_the_program()
    {
        var commands = string.Join('|', Commands.Create().Subcommands.Select(command => command.Name));
        foreach (var (path, text) in Sources("src/Arow").Concat(Sources("src/Arow.Onnx")))
        {
            foreach (var line in text.Split('\n').Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)))
            {
                // Rows of the tables of options are the program's own help.
                if (line.TrimStart().Contains("Row(\"", StringComparison.Ordinal)) continue;
                Assert.False(Regex.IsMatch(line, $@"""[^""]*(--[a-z{{]|\barow ({commands})\b)"), $"{path}: {line.Trim()}");
            }
        }
    }

    /// <summary>What the library names is there for both: a property, and an option of a command.</summary>
    [Fact]
    public void Settings_that_messages_name_are_properties_and_options()
    {
        var options = Options(Commands.Create()).ToHashSet();
        var properties = Library.GetTypes().SelectMany(type => type.GetProperties().Select(property => property.Name)).ToHashSet();
        string[] names = [.. Sources("src/Arow").SelectMany(file => Regex.Matches(file.Text, @"Wording\.Current\.Setting\(""([\w-]+)""")).Select(m => m.Groups[1].Value)];
        Assert.NotEmpty(names);
        foreach (var name in names.Distinct())
        {
            Assert.Contains(new CommandLineWording().Setting(name), options);
            Assert.Contains(Wording.Current.Setting(name), properties);
        }

        static IEnumerable<string> Options(Command command) => command.Options.Select(o => o.Name).Concat(command.Subcommands.SelectMany(Options));
    }

    /// <summary>Each command that the program's words name exists, with the options that they give it.</summary>
    [Fact]
    public void The_words_of_the_program_are_commands_that_parse()
    {
        var words = new CommandLineWording();
        string[] named =
        [
            words.Analysis, words.CreateLabels, words.ResizeImages, words.Evaluation(), words.Resizing(), words.Resizing("white"),
            words.Download("mnist", new Uri("http://localhost/")),
        ];
        foreach (var line in named.SelectMany(text => Regex.Matches(text, "'arow ([^']+)'")).Select(match => match.Groups[1].Value))
        {
            var parsed = Commands.Create().Parse(line);
            Assert.NotEqual("arow", parsed.CommandResult.Command.Name);
            Assert.DoesNotContain(parsed.Errors, error => error.Message.Contains("Unrecognized", StringComparison.OrdinalIgnoreCase));
        }
    }
}
