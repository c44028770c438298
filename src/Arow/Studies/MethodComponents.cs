using System.Globalization;
using Arow.Attacks;
using Arow.Objectives;
using Arow.Options;
using Arow.Training;

namespace Arow.Studies;

/// <summary>
/// The components of a method: two methods that differ in one component show the effect of that component.
/// λ, the learning rate and the attack's step size are not components but tuned: each method is compared in its own
/// selected setting.
/// </summary>
internal static class MethodComponents
{
    /// <summary>Returns the components by name: "label smoothing" is "0.2".</summary>
    public static IReadOnlyDictionary<string, string> Describe(TrainingOptions o)
    {
        var objective = o.CreateObjective();
        var terms = (objective as IRegularized)?.Terms;
        var source = (objective as ComposedObjective)?.Base ?? objective;
        var components = new Dictionary<string, string>
        {
            // The published methods based on TRADES share their first term; others have a different one.
            ["supervised loss"] = terms?.Supervised.IsNaturalError == true ? "natural error" : source.GetType().Name,
            ["label smoothing"] = Format(o.Method.Smoothing is null ? 0 : o.Smoothing ?? o.Method.Smoothing.Value),
            ["weight of samples"] = terms?.Weight.Name ?? "no regularizer",
            ["divergence"] = terms?.Divergence.Name ?? "no regularizer",
            ["helper"] = o.AuxiliaryModel is null ? "none" : $"{o.AuxiliaryModel} {Format(o.Gamma ?? o.Method.Gamma ?? 0)}".ToLowerInvariant(),
            ["attack"] = o.CreateAttack(objective) switch { Pgd pgd => pgd.Loss.Name, NoisyFgsm noisy => noisy.Loss.Name, _ => "none" },
            ["early stop"] = (o.EarlyStop ?? o.Method.EarlyStop) is { } τ ? $"{τ}" : "none",
            // The method's default: other values are tuned.
            ["attack-step-size"] = Format(o.DefaultStepSize),
            ["weight perturbation"] = o.Awp is { } γ ? Format(γ) : "none",
        };
        foreach (var setting in Settings.All.Where(s => s.Uses.HasFlag(SettingUses.Component)))
            components[setting.Name] = setting.Get(o) ?? setting.ImplicitValue(o) ?? "own";
        return components;
    }

    /// <summary>Returns the names of the components in which two methods differ.</summary>
    public static IReadOnlyList<string> Difference(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        [.. a.Keys.Where(name => a[name] != b[name])];

    private static string Format(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
