using System.Globalization;
using Arow.Attacks;
using Arow.Objectives;
using Arow.Options;
using Arow.Training;

namespace Arow.Studies;

/// <summary>
/// What a method is made of, piece by piece, as it is used: two methods that differ in one piece show what that piece
/// brings. λ, the learning rate and the length of the attack's steps are no pieces but tuned: each method is seen in its own
/// chosen setting.
/// </summary>
public static class Pieces
{
    /// <summary>The pieces by name: "label smoothing" is "0.2".</summary>
    public static IReadOnlyDictionary<string, string> Of(TrainingOptions o)
    {
        var objective = o.CreateObjective();
        var parts = (objective as IRegularized)?.Parts;
        var source = (objective as Recombined)?.Source ?? objective;
        var pieces = new Dictionary<string, string>
        {
            // The published methods around TRADES share their first term; the others have one of their own.
            ["supervised loss"] = parts?.Supervised.IsNaturalError == true ? "natural error" : source.GetType().Name,
            ["label smoothing"] = Text(o.Method.Smoothing is null ? 0 : o.Smoothing ?? o.Method.Smoothing.Value),
            ["weight of samples"] = parts?.Weight.Name ?? "no regularizer",
            ["divergence"] = parts?.Divergence.Name ?? "no regularizer",
            ["helper"] = o.Help is null ? "none" : $"{o.Help} {Text(o.Gamma ?? o.Method.Gamma ?? 0)}".ToLowerInvariant(),
            ["attack"] = o.CreateAttack(objective) switch { Pgd pgd => pgd.Goal.Name, NoisyFgsm noisy => noisy.Goal.Name, _ => "none" },
            ["early stop"] = (o.EarlyStop ?? o.Method.EarlyStop) is { } τ ? $"{τ}" : "none",
            // The method's own: another one is tuned.
            ["attack-step-size"] = Text(o.OwnStepSize),
            ["weight perturbation"] = o.Awp is { } γ ? Text(γ) : "none",
        };
        foreach (var setting in Settings.All.Where(s => s.Uses.HasFlag(SettingUses.Component)))
            pieces[setting.Name] = setting.Get(o) ?? setting.Own(o) ?? "own";
        return pieces;
    }

    /// <summary>The names of the pieces in which two methods differ.</summary>
    public static IReadOnlyList<string> Difference(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        [.. a.Keys.Where(name => a[name] != b[name])];

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
