using Arow.Attacks;
using Arow.Objectives;
using Arow.Registry;

namespace Arow.Training;

/// <summary>Validates options against the objective.</summary>
internal static class MethodValidator
{
    /// <summary>Returns a line for each option that the objective does not support.</summary>
    public static IEnumerable<string> Validate(TrainingOptions o)
    {
        if (o.AwpStart > o.Epochs) yield return $"awp-start {o.AwpStart} comes after the last epoch, {o.Epochs}";
        if (o.EpsilonRamp > o.Epochs) yield return $"epsilon-ramp {o.EpsilonRamp} is longer than the run, {o.Epochs} epochs";
        if (o.GeometryStart > o.Epochs) yield return $"geometry-start {o.GeometryStart} comes after the last epoch, {o.Epochs}";
        if (o is
            {
                Helper: not null,
                HelperModel: not null
            }) yield return "helper and helper-model exclude each other: the helper is either given or trained";

        if (!Catalog.Objectives.TryGetValue(o.Objective, out var method)) yield break;
        var (name, objective) = (o.Objective, method.Create(1, 0));
        var terms = (objective as IRegularized)?.Terms;
        var auxiliary = (objective as IUsesAuxiliaryModel)?.AuxiliaryModel;
        if (o.Lambda is not null && method.Lambda is null) yield return $"lambda: {name} has none";
        if (o.Smoothing is > 0 && method.Smoothing is null) yield return $"smoothing: {name} has none";
        if (o.Gamma is not null && method.Gamma is null) yield return $"gamma: {name} has none";
        if (o.Weight is not null && terms is null) yield return $"weight: {name} has no regularizer to weight";
        if (o.Divergence is not null && terms is null) yield return $"divergence: {name} has no regularizer";
        if (o.DetachWeight && (terms is null || (o.Weight ?? terms.Weight.Name) == SampleWeight.None.Name))
            yield return $"detach-weight: {(terms is null ? $"{name} has no regularizer to weight" : "all samples have the same weight")}";

        if (o.CutMix is not null || o.Adr)
        {
            var (option, have) = o.CutMix is not null ? ("cutmix", "mixed images have two") : ("adr", "softened labels have several");
            foreach (var what in RequiresSingleClass(o, method, objective, terms)) yield return $"{option}: {what} needs one true class, and {have}";
        }
        if (o.Helper is not null && auxiliary is null) yield return $"helper: {name} uses no helper network";
        if (o.HelperModel is not null && auxiliary is null) yield return $"helper-model: {name} uses no helper network";
        if (o.Helper is not null && auxiliary == AuxiliaryModel.Companion)
            yield return $"helper: {name} trains its own helper network (helper-model sets its architecture)";
        if (o.GeometryStart is not null && objective is not IGeometryAware) yield return $"geometry-start: {name} has no geometry-aware weights";
        if (o.Replays is not null && method.Replays is null) yield return $"replays: {name} passes over each batch once";

        if (objective.AttackLoss is null)
        {
            if (o.AttackLoss is not null) yield return $"attack-loss: {name} trains without an attack";
            if (o.EarlyStop is not null) yield return $"early-stop: {name} trains without an attack";
            if (o.AttackNoise is not null) yield return $"attack-noise: {name} trains without an attack";
            if (o.EpsilonRamp is not null) yield return $"epsilon-ramp: {name} trains without an attack";
        }
        else if (o.AttackLoss is { } lossName && method.AttackLosses.All(g => g.Name != lossName) && AttackLoss.All.Any(g => g.Name == lossName))
        {
            yield return $"attack-loss {lossName}: {name} needs {string.Join(" or ", method.AttackLosses.Select(g => g.Name))}";
        }
        if ((o.AttackNoise ?? method.AttackNoise) is not null && objective.AttackLoss is not null && method.Replays is null)
        {
            foreach (var problem in ValidateNoise(o, method, objective)) yield return problem;
        }
        if (method.Replays is null) yield break;
        if (o.AttackNoise is not null) yield return $"attack-noise: {name} has no attack of its own";
        if (o.EpsilonRamp is not null) yield return $"epsilon-ramp: {name} has no attack of its own";
        if (o.AttackSteps is not null) yield return $"attack-steps: {name} has no attack of its own (replays is the number of passes over a batch)";
        if (o.AttackStart != Start.Uniform) yield return $"attack-start: {name} has no attack of its own";
        if (o.EarlyStop is not null) yield return $"early-stop: {name} has no attack of its own";
        if (o.Accumulate > 1) yield return $"accumulate: {name} takes its steps within each batch";
        if (o.Awp is not null) yield return $"awp: {name} has no attack of its own to perturb weights after";
    }

    /// <summary>Returns the parts of a method that are undefined for images of several classes.</summary>
    private static IEnumerable<string> RequiresSingleClass(TrainingOptions o, Method method, IObjective objective, ObjectiveTerms? terms)
    {
        if (objective is INeedsClass) yield return o.Objective;
        if (terms is not null && SampleWeight.All.Any(w => w.Name == o.Weight && w.NeedsClass)) yield return $"weight {o.Weight}";
        if (AttackLoss.All.Any(g => g.Name == o.AttackLoss && g.NeedsClass)) yield return $"attack-loss {o.AttackLoss}";
        if ((o.EarlyStop ?? method.EarlyStop) is not null) yield return o.EarlyStop is null ? o.Objective : "early-stop";
    }

    /// <summary>Validates options with N-FGSM, which takes one step from its own start.</summary>
    private static IEnumerable<string> ValidateNoise(TrainingOptions o, Method method, IObjective objective)
    {
        if (o.AttackSteps > 1) yield return $"attack-steps {o.AttackSteps}: N-FGSM takes one step";
        if (o.AttackStart != Start.Uniform) yield return "attack-start: N-FGSM starts at its noise";
        if ((o.EarlyStop ?? method.EarlyStop) is not null) yield return $"{(o.EarlyStop is null ? $"attack-noise: {o.Objective} stops early" : "early-stop")}: N-FGSM takes one step";
        if (objective is IGeometryAware) yield return $"attack-noise: {o.Objective} counts steps: N-FGSM takes one";
    }
}
