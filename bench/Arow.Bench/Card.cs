using Arow.Models;
using Arow.Runtime;

namespace Arow.Bench;

/// <summary>
/// Whether all holds on a GPU that holds on a CPU, and how fast it is there: one table, and an exit code of 1 if a check
/// fails. On a CPU everything but the device is the same, so that nothing runs for the first time where the GPU is.
/// </summary>
internal static class Card
{
    public const string Option = "--card";

    private const string Usage = "usage: Arow.Bench --card [--device cuda|cpu] [--small] [--published IMAGES_PER_SECOND]";

    public static int Run(string[] words)
    {
        if (CardOptions.Parse(words) is not { } options)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }
        var table = new CardTable();
        if (table.Check("libtorch loads", Loads))
        {
            // One that is missing need not be among those that follow.
            table.Check("what TorchSharp calls is there", ImportedFunctions.Check);
            if (table.Check("the device is there", () => IsThere(options.Device))) Go(options, table);
        }
        Console.WriteLine(table);
        return table.Failed ? 1 : 0;
    }

    private static void Go(CardOptions options, CardTable table)
    {
        foreach (var (name, check) in Checks(options)) table.Check(name, check);
        foreach (var (name, measure) in Speed.Of(options)) table.Check(name, measure);
    }

    private static IEnumerable<(string, Func<CardRow>)> Checks(CardOptions options)
    {
        yield return ("float32 is float32", () => FullFloat32.Check(options));
        foreach (var architecture in options.Architectures)
        {
            foreach (var (name, check) in BothForms.Of(architecture, options)) yield return (name, check);
        }
        foreach (var (name, check) in SameTraining.Of(options)) yield return (name, check);
        yield return ("AutoAttack, the images that withstand it", () => SameAttack.Check(options));
    }

    private static CardRow Loads()
    {
        ArowRuntime.Initialize();
        var folder = Environment.GetEnvironmentVariable(LibTorch.FolderVariable);
        return new CardRow($"{LibTorch.Version}{(folder is null ? "" : $" of {folder}")}", "", true);
    }

    private static CardRow IsThere(Device device) => device.type != DeviceType.CUDA
        ? new CardRow(Machine(), "", true)
        : new CardRow(cuda.is_available() ? $"{cuda.device_count()} GPU, CUDA" : "libtorch sees no GPU", "1 or more", cuda.is_available());

    private static string Machine() => $"{get_num_threads()} threads of the CPU";
}

/// <summary>What to check on.</summary>
/// <param name="Name">Where: cuda or cpu.</param>
/// <param name="Small">Whether little of everything will do: to try the checks themselves.</param>
/// <param name="Published">Images a second of the published Python; null if it was not run.</param>
internal sealed record CardOptions(string Name, bool Small, double? Published)
{
    /// <summary>To be asked for once libtorch is loaded.</summary>
    public Device Device => device(Name);

    public IReadOnlyList<string> Architectures => Small ? ["small-cnn"] : ["small-cnn", "resnet18", "preact-resnet18"];

    public static InputShape Input(string architecture) => architecture.EndsWith("-cnn", StringComparison.Ordinal) ? new(1, 28, 28) : new(3, 32, 32);

    public static CardOptions? Parse(string[] words)
    {
        var options = new CardOptions("cuda", false, null);
        for (var i = 0; i < words.Length; i++)
        {
            var next = i + 1 < words.Length ? words[i + 1] : "";
            switch (words[i])
            {
                case "--small":
                    options = options with { Small = true };
                    break;
                case "--device" when next is "cuda" or "cpu":
                    (options, i) = (options with { Name = next }, i + 1);
                    break;
                case "--published" when double.TryParse(next, out var rate):
                    (options, i) = (options with { Published = rate }, i + 1);
                    break;
                default:
                    return null;
            }
        }
        return options;
    }
}
