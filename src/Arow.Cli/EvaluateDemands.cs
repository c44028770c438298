using System.CommandLine;
using Arow.Attacks;
using Arow.Evaluation;
using Arow.Models;
using static Arow.Cli.TextOption;

namespace Arow.Cli;

/// <summary>How hard <c>arow evaluate</c> is to try, when it is to stop, and what is to make it fail.</summary>
/// <param name="Budget">Of the attacks.</param>
/// <param name="Randomness">Of the attacks.</param>
/// <param name="Precision">What attacks look at.</param>
/// <param name="Quantize">Whether adversarial images are also judged as 8-bit images.</param>
/// <param name="Resume">Whether to go on with what is there.</param>
/// <param name="StopBelow">When robust accuracy is low enough to stop.</param>
/// <param name="FailUnder">When robust accuracy is too low.</param>
/// <param name="FailUnderBalanced">When balanced robust accuracy is too low.</param>
internal sealed record EvaluateDemands(
    AttackBudget Budget, Randomness Randomness, Precision Precision, bool Quantize, bool Resume, double? StopBelow,
    double? FailUnder, double? FailUnderBalanced)
{
    /// <summary>The options, and what reads them, with every fault told to a list.</summary>
    public sealed class Options
    {
        private readonly Option<string?> restarts = Text("--restarts", "N", "tries of each attack from new starts [the attack's own]");
        private readonly Option<string?> steps = Text("--steps", "N", "gradient steps of each try [the attack's own]");
        private readonly Option<string?> queries = Text("--queries", "N", "looks at the output, for attacks without gradients [the attack's own]");
        private readonly Option<string?> targets = Text("--targets", "N", "wrong classes tried by targeted attacks [the attack's own]");
        private readonly Option<string?> randomness = Text("--randomness", "keyed|published", "random numbers by image, or drawn as published code draws them [keyed]");
        private readonly Option<string?> precision = Text("--precision", "auto|exact|fast", "attack the network itself, or the same in float32 with its constants folded (fast); the network judges [auto: fast if keyed]");
        private readonly Option<bool> quantize = new("--quantize") { Description = "also judge adversarial images rounded to 8 bits a pixel" };
        private readonly Option<bool> resume = new("--resume") { Description = "go on with the evaluation in --output; begin it if there is none" };
        private readonly Option<string?> stopBelow = Text("--stop-below", "X", "end early once robust accuracy is surely (95 %) below X");
        private readonly Option<string?> failUnder = Text("--fail-under", "X", "exit with 3 unless robust accuracy is surely (95 %) X or more");
        private readonly Option<string?> failUnderBalanced = Text("--fail-under-balanced", "X", "the same for balanced robust accuracy, the mean over the classes");

        public void AddTo(Command command)
        {
            foreach (var option in (Option[])[restarts, steps, queries, targets, randomness, precision, quantize, resume, stopBelow, failUnder, failUnderBalanced]) command.Add(option);
        }

        public EvaluateDemands Read(ParseResult parsed, IReadOnlyList<string> attacks, List<string> problems)
        {
            var budget = new AttackBudget(Whole(restarts), Whole(steps), Whole(queries), Whole(targets));
            if (attacks.All(Catalog.Attacks.ContainsKey) && Catalog.Useless(budget, attacks) is { } useless) problems.Add(useless);
            var (drawn, form) = (Choice<Randomness>(randomness), Choice<Precision>(precision));
            var (low, high) = (Share(stopBelow), Share(failUnder));
            if (low is not null && attacks.Count == 0) problems.Add("--stop-below has no use without an attack");
            if (low > high)
                problems.Add($"--stop-below {parsed.GetValue(stopBelow)} exceeds --fail-under {parsed.GetValue(failUnder)}: what ends early could pass without having been measured to the end");
            return new EvaluateDemands(budget, drawn, form, parsed.GetValue(quantize), parsed.GetValue(resume), low, high, Share(failUnderBalanced));

            T Choice<T>(Option<string?> option) where T : struct, Enum => TargetOptions.Choice<T>(option.Name, parsed.GetValue(option), problems) ?? default;

            int? Whole(Option<string?> option) => TargetOptions.WholeNumber(option.Name, parsed.GetValue(option), problems);

            double? Share(Option<string?> option)
            {
                if (parsed.GetValue(option) is not { } given) return null;
                if (Ratio.Parse(given) is { Value: >= 0 and <= 1 } share) return share.Value;
                problems.Add($"{option.Name} '{given}' is not an accuracy from 0 to 1, such as 0.45");
                return null;
            }
        }
    }
}
