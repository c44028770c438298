using System.Text.Json.Nodes;
using Arow.Attacks;
using Arow.Inference;
using Arow.Options;
using Arow.Registry;
using Arow.Reports;

namespace Arow.Cli.Serving;

/// <summary>What is done with a picture: classified, attacked, and put into words. It knows nothing of HTTP.</summary>
internal sealed class PictureService(
    Predictor predictor, ThreatModel? trainedThreat, IReadOnlyList<(byte[] Png, long Label)> samples, TimeSpan timeLimit)
{
    /// <summary>Pictures that are read, wait or are computed at the same time.</summary>
    private const int Capacity = 12;

    /// <summary>Square's queries, as in <c>predict --withstands</c>.</summary>
    private const int Queries = 1000;

    private readonly ThreatModel threat = trainedThreat ?? ThreatModel.Default;
    private readonly IReadOnlyList<string> attacks =
        [.. new[] { "fgsm", "pgd20", "apgd-ce", "square" }.Where(name => Create(name, ThreatModel.Default).Needs >= predictor.Access)];

    public WorkQueue Queue { get; } = new(Capacity, timeLimit, timeLimit);

    /// <summary>PNG file of a sample picture; null if there is none of this number.</summary>
    public byte[]? GetSample(int number) => number >= 0 && number < samples.Count ? samples[number].Png : null;

    /// <summary>What the page needs to know of the model.</summary>
    public JsonObject Describe() => new()
    {
        ["classes"] = new JsonArray([.. predictor.Classes.Select(name => (JsonNode)name)]),
        ["input"] = new JsonObject
        {
            ["channels"] = predictor.Input.Channels, ["height"] = predictor.Input.Height, ["width"] = predictor.Input.Width,
        },
        ["attacks"] = new JsonArray([.. attacks.Select(name => (JsonNode)name)]),
        ["attack"] = DefaultAttack,
        ["norm"] = EnumName.ToName(threat.Norm),
        ["epsilons"] = new JsonObject(Enum.GetValues<Norm>().Select(norm =>
            KeyValuePair.Create(EnumName.ToName(norm), (JsonNode?)(norm == threat.Norm ? threat.Size : GetUsualSize(norm)).Text))),
        ["samples"] = new JsonArray([.. samples.Select(sample => (JsonNode)predictor.Classes[(int)sample.Label])]),
    };

    /// <summary>Classifies an encoded picture.</summary>
    public async Task<JsonObject> Predict(byte[] encoded, string? name, CancellationToken stop)
    {
        var prediction = await Queue.Run(_ => Ask(Decode(encoded), predictor.Predict), stop);
        var answer = new JsonObject { ["path"] = name };
        PredictionJson.Add(answer, prediction);
        return answer;
    }

    /// <summary>Classifies and attacks an encoded picture.</summary>
    /// <exception cref="RequestException">The attack, its norm or size is none, or the picture cannot be read.</exception>
    public async Task<JsonObject> Attack(
        byte[] encoded, string? name, string? attackName, string? normName, string? epsilon, CancellationToken stop)
    {
        var attack = ReadAttack(attackName, normName, epsilon);
        var result = await Queue.Run(limit => Ask(Decode(encoded), picture => predictor.Attack(picture, attack, limit)), stop);
        var answer = new JsonObject { ["path"] = name };
        PredictionJson.Add(answer, result.Original);
        PredictionJson.Add((JsonObject)(answer["attacked"] = new JsonObject()), result.Adversarial);
        var (w, h) = (predictor.Input.Width, predictor.Input.Height);
        var change = result.AdversarialPixels.Zip(result.Pixels, (a, x) => a - x).ToList();
        var factor = ExampleSheet.MagnificationFactor(change.Max(Math.Abs));
        (answer["distance"], answer["magnification"]) = (result.Distance, factor);
        answer["images"] = new JsonObject
        {
            ["original"] = PicturePng.ToDataUri(result.Pixels, w, h),
            ["perturbation"] = PicturePng.ToDataUri(change.Select(d => 0.5f + factor * d), w, h),
            ["attacked"] = PicturePng.ToDataUri(result.AdversarialPixels, w, h),
        };
        return answer;
    }

    /// <summary>Frees the model, unless it is still computing.</summary>
    public async Task Close(TimeSpan wait)
    {
        if (await Queue.Drain(wait)) predictor.Dispose();
    }

    private string? DefaultAttack => attacks.Contains("pgd20") ? "pgd20" : attacks.LastOrDefault();

    private IAttack ReadAttack(string? name, string? normName, string? epsilon)
    {
        name ??= DefaultAttack ?? throw new RequestException(400, "the model returns only labels, so it cannot be attacked here");
        if (!attacks.Contains(name))
            throw new RequestException(400, $"attack: '{Shorten(name)}' is unknown here; there are {string.Join(", ", attacks)}");
        var norm = normName is null ? threat.Norm : EnumName.Parse<Norm>(normName)
            ?? throw new RequestException(400, $"norm: '{Shorten(normName)}' is unknown; there are {string.Join(", ", EnumName.Names<Norm>())}");
        var size = epsilon is null ? (Ratio?)null : Ratio.Parse(epsilon)
            ?? throw new RequestException(400, $"epsilon: '{Shorten(epsilon)}' is no number, such as 8/255 or 0.03");
        var within = GetThreat(norm, size);
        return within.Validate() is { } problem ? throw new RequestException(400, problem) : Create(name, within);
    }

    /// <summary>The threat model of training where it has this norm, else the usual one.</summary>
    private ThreatModel GetThreat(Norm norm, Ratio? size) => (norm == threat.Norm ? threat : ThreatModel.Default).With(norm, size);

    /// <summary>What the page begins with: the sizes of RobustBench, and of AutoAttack's L1 version.</summary>
    private static Ratio GetUsualSize(Norm norm) => norm switch
    {
        Norm.L2 => (Ratio)0.5,
        Norm.L1 => 12,
        _ => ThreatModel.Default.Size,
    };

    private static IAttack Create(string name, ThreatModel threat)
    {
        var method = Catalog.Attacks[name];
        return method.Create(threat, method.Uses.Contains("queries") ? new AttackBudget(Queries: Queries) : AttackBudget.Default);
    }

    private PictureInput Decode(byte[] encoded)
    {
        try
        {
            return predictor.Decode(encoded);
        }
        catch (InputException error)
        {
            throw new RequestException(400, $"the picture {error.Message}");
        }
    }

    private static T Ask<T>(PictureInput picture, Func<PictureInput, T> model)
    {
        try
        {
            return model(picture);
        }
        catch (InputException error)
        {
            throw new RequestException(422, $"the picture {error.Message}");
        }
    }

    private static string Shorten(string text) => Printable.Escape(text.Length <= 40 ? text : text[..40] + "…");
}
