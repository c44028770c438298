using System.CommandLine;
using Arow.Checkpoints;
using Arow.Models;
using Arow.Onnx;
using Arow.Training;
using static Arow.Cli.TextOption;

namespace Arow.Cli;

/// <summary>What is said of anybody's model on the command line, beside its file.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string?> key = Text("--key", "NAME", "which state dict of a PyTorch checkpoint, such as ema [the usual one]");
    private readonly Option<string?> mean = Text("--mean", "A,B,C", "what the model expects to be subtracted from pixels in [0, 1] [the file's word]");
    private readonly Option<string?> std = Text("--std", "A,B,C", "what it expects the rest to be divided by [the file's word]");
    private readonly ClassNamesOption classNames = new();
    private readonly Option<string?> surrogate = Text("--surrogate", "MODEL", "attacks that need gradients are made on this model and tried on MODEL");
    private readonly Option<string?> surrogateModel = Text("--surrogate-model", "NAME", "its architecture, where its weights do not say it");

    /// <summary>What was given.</summary>
    /// <param name="Key">Of a checkpoint.</param>
    /// <param name="Normalization">Null to take the file's word.</param>
    /// <param name="ClassNames">Null to take the file's word.</param>
    /// <param name="Surrogate">A file.</param>
    /// <param name="SurrogateArchitecture">Its architecture.</param>
    internal sealed record Given(string? Key, Normalization? Normalization, IReadOnlyList<string>? ClassNames, string? Surrogate, string? SurrogateArchitecture);

    /// <param name="command">The command.</param>
    /// <param name="surrogates">Whether it can attack one model and try another.</param>
    public void AddTo(Command command, bool surrogates = true)
    {
        Option[] options = [key, mean, std, classNames.Option, .. surrogates ? (Option[])[surrogate, surrogateModel] : []];
        foreach (var option in options) command.Add(option);
    }

    public Given Read(ParseResult parsed, List<string> problems)
    {
        Normalization? normalization = null;
        if (parsed.GetValue(mean) is { } m && parsed.GetValue(std) is { } s)
        {
            if (Numbers("--mean", m) is { } means && Numbers("--std", s) is { } stds) normalization = new Normalization(means, stds);
        }
        else if (parsed.GetValue(mean) is not null || parsed.GetValue(std) is not null)
        {
            problems.Add("--mean and --std go together: the model sees (pixel - mean) / std");
        }
        var other = parsed.GetValue(surrogate) is { } asked ? RunFolder.WeightsIn(asked) : null;
        if (other is not null && !File.Exists(other)) problems.Add($"--surrogate {parsed.GetValue(surrogate)}: there is no such run folder or file");
        if (other is null && parsed.GetValue(surrogateModel) is not null) problems.Add("--surrogate-model needs --surrogate");
        if (Architectures.Unknown("model", parsed.GetValue(surrogateModel)) is { } unknown) problems.Add($"--surrogate-model: {unknown}");
        return new Given(parsed.GetValue(key), normalization, classNames.Read(parsed, problems), other, parsed.GetValue(surrogateModel));

        double[]? Numbers(string name, string text)
        {
            // As with ε, 125.3/255 is understood.
            var ratios = text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(Ratio.Parse).ToList();
            return ratios.Count == 0 || ratios.Any(r => r is null || (name == "--std" && r.Value.Value <= 0))
                ? Wrong() : [.. ratios.Select(r => r!.Value.Value)];

            double[]? Wrong()
            {
                problems.Add($"{name} '{text}' is not one number, or one for each channel with commas between{(name == "--std" ? ", above 0" : "")}");
                return null;
            }
        }
    }

    /// <summary>Opens a model of any make; what native libraries read, a process of its own reads first.</summary>
    public static LoadedModel Open(ModelSource source) =>
        ModelFile.Open(source with { Trial = ModelTrial.Run, Onnx = OnnxModel.Open });
}
