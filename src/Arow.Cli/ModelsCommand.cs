using System.CommandLine;
using System.Globalization;
using Arow.Models;

namespace Arow.Cli;

/// <summary><c>arow models</c>: the architectures, and which published models they are.</summary>
internal static class ModelsCommand
{
    public static Command Create()
    {
        var name = new Argument<string?>("NAME") { Description = "one architecture, with its keys", Arity = ArgumentArity.ZeroOrOne };
        name.CompletionSources.Add([.. Architectures.All.Keys]);
        var command = new Command("models", """
            List the architectures: parameters, keys, and which published models they are.

            Architectures with the same keys form a group: each can load the others' weights,
            and may compute another function of them. Parameters are in millions, for ten
            classes of colour images of 32x32 pixels. Letters stand for numbers: wrn-D-W for
            wrn-34-20 and others. Entries are counts of RobustBench's 206 models, 144 in all.

            Examples:
              arow models
              arow models wrn-34-20-silu
            """) { name };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(name) is { } one) WriteOne(one);
            else WriteAll();
            return 0;
        });
        return command;
    }

    private static void WriteAll()
    {
        foreach (var group in PublishedArchitecture.All.GroupBy(a => a.Keys))
        {
            Console.WriteLine($"keys {group.Key}");
            foreach (var a in group)
            {
                string?[] notes = [a.Name == a.Example ? null : $"as {a.Example}", a.Origin, a.Entries == 0 ? null : $"{a.Entries} entries"];
                Results.WriteBeside(string.Create(CultureInfo.InvariantCulture, $"  {a.Name,-27}{a.Parameters / 1e6,7:f2}  "),
                    string.Join("; ", notes.OfType<string>()));
            }
        }
        foreach (var added in Architectures.All.Keys.Except(PublishedArchitecture.All.Select(a => a.Name))) Console.WriteLine($"  {added}");
    }

    private static void WriteOne(string name)
    {
        var input = new InputShape(3, 32, 32);
        var normalization = Architectures.Find(name).DefaultNormalization(input, 10);
        using var network = Network.Create(name, input, 10, normalization, seed: 0);
        Results.Write($"{name}: {network.Parameters.Sum(p => p.Value.numel()).ToString("n0", CultureInfo.InvariantCulture)} parameters for ten "
            + $"classes of colour images of 32x32 pixels");
        if (!normalization.IsIdentity)
        {
            Results.Write($"normalization of published weights: mean {Normalization.Format(normalization.Mean)}, std "
                + Normalization.Format(normalization.Std));
        }
        if (Architectures.FindTwins(name) is { Count: > 0 } twins)
            Results.Write($"other functions with the same keys: {string.Join(' ', twins)}");
        Console.WriteLine("keys and shapes:");
        foreach (var (key, value) in network.State) Console.WriteLine($"  {key} [{string.Join(", ", value.shape)}]");
    }
}
