using System.Text.Json.Nodes;
using Arow.Inference;

namespace Arow.Cli;

/// <summary>A prediction as JSON: the same fields from <c>predict --json</c> and from <c>serve</c>.</summary>
internal static class PredictionJson
{
    public static void Add(JsonObject to, Prediction p)
    {
        (to["class"], to["index"], to["confidence"]) = (p.Class, p.Index, p.Confidence);
        to["top"] = new JsonArray(
            [.. p.Top.Select(t => new JsonObject { ["class"] = t.Class, ["index"] = t.Index, ["confidence"] = t.Confidence })]);
        (to["abstained"], to["resized"], to["first_of_several"]) = (p.Abstained, p.Resized, p.IsFirstOfSeveral);
        if (p.Attacked is { } a) to["withstands"] =
            new JsonObject { ["attack"] = a.Attack, ["norm"] = a.Norm, ["epsilon"] = a.Epsilon, ["found"] = a.Found };
    }
}
