using System.Diagnostics;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Evaluation;
using Arow.Models;
using Arow.Models.Execution;
using Arow.Registry;

namespace Arow.Bench.Ensemble;

/// <summary>
/// Standard AutoAttack on Fashion-MNIST: Arow's evaluation beside the published code, transcribed plainly, on the same
/// network and images. Batch by batch in turn, so that each batch gives a ratio for each part.
/// </summary>
/// <param name="weights">Of a network for Fashion-MNIST, in any form that is read.</param>
/// <param name="folder">Of the data set's files.</param>
internal sealed class Evaluations(string weights, string folder)
{
    public const string Option = "--autoattack";

    private const int Images = 500;
    private const int Batch = 100;
    private const double Epsilon = 8.0 / 255;
    private static readonly string[] Parts = ["apgd-ce", "apgd-t", "fab-t", "square"];

    /// <summary>What one way did with a batch.</summary>
    private sealed record Outcome(double[] Seconds, bool[] Robust, QueryCounts[] Traffic)
    {
        public Reading Whole { get; init; }

        public static Outcome Of(Func<Outcome> work)
        {
            Outcome? outcome = null;
            var whole = Reading.Of(() => outcome = work());
            return outcome! with { Whole = whole };
        }
    }

    public void Report()
    {
        using var model = ModelFile.Open(new ModelSource(weights, new InputShape(1, 28, 28), Job.Classes));
        using var fast = model.CreateFastForm!();
        using var all = Catalog.Find("dataset", "fashion-mnist", Catalog.DataSets).Load(Split.Test, folder);
        using var images = all.Limit(Images, seed: 0);
        var (ours, theirs) = (new List<Outcome>(), new List<Outcome>());
        for (var batch = 0; batch < images.Count / Batch; batch++)
        {
            using var rows = arange(batch * Batch, (batch + 1) * Batch);
            using var set = images.Select(rows);
            // The order alternates, so that a drift favours neither.
            if (batch % 2 == 0) ours.Add(Outcome.Of(() => Ours(model, fast, set)));
            theirs.Add(Outcome.Of(() => Published(model.Classifier, set)));
            if (ours.Count < theirs.Count) ours.Add(Outcome.Of(() => Ours(model, fast, set)));
            Console.Error.WriteLine($"batch {batch + 1}, seconds of {string.Join(' ', Parts)}: {Each(ours[^1])} against {Each(theirs[^1])}");
        }

        Console.WriteLine($"standard AutoAttack, ε = 8/255, {images.Count} images of Fashion-MNIST, {model.Name}, batches of {Batch}");
        Console.WriteLine($"  against the plain transcription  {Ratios(ours, theirs, o => o.Whole.Elapsed)}; in processor time "
            + $"{Ratios(ours, theirs, o => o.Whole.Processor)}");
        Console.WriteLine($"  seconds in all                   {ours.Sum(o => o.Whole.Elapsed):0} against {theirs.Sum(o => o.Whole.Elapsed):0}; of "
            + $"processor time {ours.Sum(o => o.Whole.Processor):0} against {theirs.Sum(o => o.Whole.Processor):0}");
        foreach (var (i, part) in Parts.Index())
            Console.WriteLine($"    {part,-8} {ours.Sum(o => o.Seconds[i]),6:0} against {theirs.Sum(o => o.Seconds[i]),6:0}   "
                + $"{Ratios(ours, theirs, o => o.Seconds[i])}");
        var (mine, published) = (ours.SelectMany(o => o.Robust).ToList(), theirs.SelectMany(o => o.Robust).ToList());
        Console.WriteLine($"  robust                           {mine.Count(r => r)} against {published.Count(r => r)}; "
            + $"{mine.Zip(published).Count(r => r.First != r.Second)} images differ");

        var (forward, gradient) = PassTimes(fast, images);
        foreach (var (i, part) in Parts.Index())
        {
            var traffic = ours.Select(o => o.Traffic[i]).Aggregate((a, b) => a + b);
            var network = (traffic.Images - traffic.Gradients) * forward + traffic.Gradients * gradient;
            Console.WriteLine($"  {part,-8} {traffic.Images / (double)published.Count:0} passes an image, "
                + $"{traffic.Gradients / (double)published.Count:0} with gradients: the network takes {network / ours.Sum(o => o.Seconds[i]):0%}");
        }
    }

    private static string Each(Outcome outcome) => string.Join(' ', outcome.Seconds.Select(s => $"{s:0}"));

    private static Times Ratios(List<Outcome> ours, List<Outcome> theirs, Func<Outcome, double> time) => new(
        [.. ours.Zip(theirs, (mine, other) => time(other) / time(mine)).Order()], ours.Min(time), theirs.Min(time));

    private static Outcome Ours(LoadedModel model, FrozenView fast, ImageSet images)
    {
        var evaluator = new Evaluator(new AttackRunner(model.Classifier, images, Batch, seed: 0) { FastClassifier = fast.Classifier });
        var result = evaluator.Run([AutoAttack.Standard(new ThreatModel(Norm.Linf, Epsilon), AttackBudget.Default)]);
        return new Outcome(
            [.. result.Attacks.Select(a => a.Seconds)], [.. result.Rows.Select(r => r.Robust)], [.. result.Attacks.Select(a => a.QueryCounts)]);
    }

    private static Outcome Published(Classifier f, ImageSet images)
    {
        IPublishedAttack[] attacks =
            [new PublishedApgd(f, Epsilon, 0), new PublishedApgd(f, Epsilon, 9), new PublishedFab(f, Epsilon), new PublishedSquare(f, Epsilon)];
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        manual_seed(0);
        var (x, y) = (ImageSet.ToPixels(images.Images), images.Labels);
        var robust = f(x).argmax(1) == y;
        var seconds = new List<double>();
        foreach (var attack in attacks)
        {
            var clock = Stopwatch.StartNew();
            var standing = robust.nonzero().squeeze(1);
            var (xLeft, yLeft) = (x[standing].clone(), y[standing].clone());
            var broken = f(attack.Perturb(xLeft, yLeft)).argmax(1) != yLeft;
            robust[standing[broken.nonzero().squeeze(1)]] = false;
            seconds.Add(clock.Elapsed.TotalSeconds);
        }
        return new Outcome([.. seconds], robust.data<bool>().ToArray(), []);
    }

    /// <summary>Seconds an image of a forward pass, and of one with the gradient of the image, the best of several.</summary>
    private static (double Forward, double Gradient) PassTimes(FrozenView fast, ImageSet images)
    {
        using var scope = NewDisposeScope();
        var x = ImageSet.ToPixels(images.Images[..Batch]);
        return (Best(() => Pass(x)), Best(() => Pass(x.detach().requires_grad_())));

        void Pass(Tensor leaf)
        {
            using var turn = NewDisposeScope();
            using var mode = set_grad_enabled(leaf.requires_grad);
            var z = fast.Classifier(leaf);
            if (leaf.requires_grad) z.sum().backward(inputs: [leaf]);
        }

        static double Best(Action pass) => Enumerable.Range(0, 20).Min(_ =>
        {
            var clock = Stopwatch.StartNew();
            pass();
            return clock.Elapsed.TotalSeconds;
        }) / Batch;
    }
}
