using System.Globalization;
using Arow.Evaluation;
using Arow.Inference;
using Arow.Models;
using Arow.Options;
using Arow.Training;

namespace Arow.Cli;

/// <summary>Properties of a model that is opened without a data set, where its file lacks them.</summary>
internal abstract record StandaloneOptions : ModelOptions
{
    private const int LargestSide = 1 << 14;

    /// <summary>The shape of the model's input images.</summary>
    public InputShape? Input { get; init; }

    /// <summary>The number of classes.</summary>
    public int? Classes { get; init; }

    /// <summary>The rows of a table.</summary>
    public static IReadOnlyList<Setting<T>> Rows<T>() where T : StandaloneOptions, new() =>
    [
        Setting<T>.Row("input", SettingUses.None, "input shape, such as 3x224x224, if the file does not contain it", o =>
            o.Input, (o, v) => o with { Input = v },
            unset: "from the file", expects: "CxHxW", expected: "channels (1 or 3), height and width, such as 3x224x224", read: ParseShape),
        Setting<T>.Row("classes", SettingUses.None, "number of classes, if neither the file nor --class-names gives it", o =>
            o.Classes, (o, v) => o with { Classes = v }, range: Bounds.Count, unset: "from the file"),
        .. MeasurementSettings.Model<T>(),
    ];

    /// <summary>The options that open the model; libtorch must be loaded.</summary>
    public PredictorOptions PredictorOptions => new()
    {
        Architecture = Architecture, Input = Input, ClassNames = ClassNames, ClassCount = Classes, Key = Key, Normalization = Normalization,
        OutputName = OutputName, IgnoreKeys = IgnoreKeys ?? [], Open = Target.Open, Device = TrainingRun.FindDevice(Device),
    };

    private static InputShape? ParseShape(string text)
    {
        var sides = text.Split('x').Select(side => int.TryParse(side, CultureInfo.InvariantCulture, out var n) && n <= LargestSide ? n : 0).ToArray();
        return sides is [1 or 3, > 0, > 0] ? new InputShape(sides[0], sides[1], sides[2]) : null;
    }
}
