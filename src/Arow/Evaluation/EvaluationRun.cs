using System.Security.Cryptography;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Models;

namespace Arow.Evaluation;

/// <summary>What an evaluation looked at and what it found.</summary>
/// <param name="Classifier">In evaluation mode; gone after the call that hands it over.</param>
/// <param name="Images">The test images.</param>
/// <param name="Attacks">In order.</param>
/// <param name="Result">The rows.</param>
/// <param name="Seed">Of the attacks.</param>
public sealed record Examined(
    Classifier Classifier, ImageSet Images, IReadOnlyList<IAttack> Attacks, EvaluationResult Result, long Seed);

/// <summary>A whole evaluation, from weights on disk to a folder of results.</summary>
/// <param name="Weights">The weights file: what is measured is what is saved.</param>
/// <param name="Architecture">Its name; null to take the file's word.</param>
/// <param name="Attacks">Names of the Catalog, in order; none for clean accuracy alone.</param>
/// <param name="Norm">Of the perturbations.</param>
/// <param name="Epsilon">Their size.</param>
/// <param name="BatchSize">Images at a time; no influence on the result.</param>
/// <param name="Seed">Of the attacks.</param>
public sealed record EvaluationRun(
    string Weights, string? Architecture, IReadOnlyList<string> Attacks, Norm Norm, Ratio Epsilon, int BatchSize, long Seed)
{
    /// <summary>How hard the attacks are to try.</summary>
    public AttackBudget Budget { get; init; } = AttackBudget.Own;

    /// <summary>Told after every batch.</summary>
    public Action<EvaluationProgress>? Progressed { get; init; }

    /// <summary>Told in the end, while the classifier is still there: to draw adversarial images, for example.</summary>
    public Action<Examined>? Examined { get; init; }

    /// <summary>Measures the weights and writes the folder when all is done.</summary>
    /// <param name="images">Test images; disposed by their owner.</param>
    /// <param name="folder">Where the results go.</param>
    /// <param name="stop">Asks for a stop after the current batch.</param>
    /// <exception cref="InputException">The weights are not right, or take other images.</exception>
    public EvaluationSummary Execute(ImageSet images, EvaluationFolder folder, CancellationToken stop = default)
    {
        var source = new ModelSource(
            Weights, new InputShape(images.Channels, images.Height, images.Width), images.Classes.Count)
        {
            Architecture = Architecture, Device = images.Images.device,
        };
        using (var model = ModelFile.Open(source))
        {
            var threat = new ThreatModel(Norm, Epsilon.Value);
            IAttack[] attacks = [.. Attacks.Select(name => Catalog.Find("attack", name, Catalog.Attacks).Create(threat, Budget))];
            var evaluator = new Evaluator(model.Classifier, images, BatchSize, Seed) { Progressed = Progressed };
            var result = evaluator.Run(attacks, stop);

            var subject = new EvaluationSubject(
                model.Name, Weights, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Weights))),
                model.Notes.GetValueOrDefault("objective"), model.Notes.GetValueOrDefault("selected_on"),
                images.Name, Norm.ToString().ToLowerInvariant(), Epsilon.Text, Seed);
            var summary = EvaluationSummary.Of(result, images.Classes, subject, folder.Rows);
            folder.Write(result, summary);
            Examined?.Invoke(new Examined(model.Classifier, images, attacks, result, Seed));
            return summary;
        }
    }
}
