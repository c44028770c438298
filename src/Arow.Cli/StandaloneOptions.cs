using System.CommandLine;
using System.Globalization;
using Arow.Inference;
using Arow.Models;
using Arow.Training;
using static Arow.Cli.TextOption;

namespace Arow.Cli;

/// <summary>What is said of a model that is opened without a data set, where its file does not say it.</summary>
internal sealed class StandaloneOptions
{
    private const int LargestSide = 1 << 14;

    private readonly Option<string?> architecture = Text("--model", "NAME", "architecture, where the weights do not say it");
    private readonly Option<string?> input = Text("--input", "CxHxW", "images that the model takes, such as 3x224x224, where the file does not say it");
    private readonly Option<string?> classes = Text("--classes", "N", "how many it tells apart, where neither the file nor --class-names says it");
    private readonly Option<string?> device = Text("--device", "cpu|cuda", "where to run [cpu]");
    private readonly ModelOptions about = new();

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[architecture, input, classes, device]) command.Add(option);
        about.AddTo(command, surrogates: false);
    }

    /// <summary>Reads them, with every fault told to a list; the device is looked for when the library is there.</summary>
    public PredictorOptions Read(ParseResult parsed, List<string> problems)
    {
        var named = about.Read(parsed, problems);
        if (Architectures.Unknown("model", parsed.GetValue(architecture)) is { } unknown) problems.Add(unknown);
        TargetOptions.CheckDevice(parsed.GetValue(device) ?? "cpu", problems);
        return new PredictorOptions
        {
            Architecture = parsed.GetValue(architecture), Input = parsed.GetValue(input) is { } text ? Shape(text, problems) : null, ClassNames = named.ClassNames,
            ClassCount = TargetOptions.WholeNumber(classes.Name, parsed.GetValue(classes), problems), Key = named.Key, Normalization = named.Normalization, Open = ModelOptions.Open,
        };
    }

    /// <summary>The options with the device that was asked for.</summary>
    public PredictorOptions OnDevice(PredictorOptions options, ParseResult parsed) => options with { Device = TrainingRun.FindDevice(parsed.GetValue(device) ?? "cpu") };

    private InputShape? Shape(string text, List<string> problems)
    {
        var sides = text.Split('x').Select(side => int.TryParse(side, CultureInfo.InvariantCulture, out var n) && n <= LargestSide ? n : 0).ToArray();
        if (sides is [1 or 3, > 0, > 0]) return new InputShape(sides[0], sides[1], sides[2]);
        problems.Add($"{input.Name} '{text}' is not channels (1 or 3), height and width, such as 3x224x224");
        return null;
    }
}
