namespace Arow.Tests.Unit.Evaluation;

/// <summary>Stopped after every possible batch, an evaluation goes on to the rows that it would have had.</summary>
public sealed class ResumedEvaluationTests : IDisposable
{
    private static readonly EvaluationIdentity Identity = new([["what", "this"]]);

    private readonly MadeFolder made = new();
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly Tensor weights;
    private readonly ImageSet images;
    private readonly IAttack[] attacks;
    private int asked;

    public ResumedEvaluationTests()
    {
        using var generator = new Generator(2);
        weights = randn(3, 16, generator: generator);
        images = new ImageSet(
            "noise", randint(0, 256, [30, 1, 4, 4], ScalarType.Byte, generator: generator),
            randint(0, 3, [30], ScalarType.Int64, generator: generator), ["a", "b", "c"]);
        // Each is stronger than the one before it.
        var threat = new ThreatModel(Norm.Linf, 0.06);
        attacks =
        [
            new Pgd(threat, AttackLoss.CrossEntropy, 1, 0.005, Start.Uniform),
            new AutoAttack(threat, [Pgd.Standard(threat, 2, AttackLoss.Margin, restarts: 2), new Fgsm(threat)]),
        ];
    }

    public void Dispose()
    {
        images.Dispose();
        scope.Dispose();
        made.Dispose();
    }

    private Tensor Classify(Tensor x)
    {
        Interlocked.Increment(ref asked);
        return F.linear(x.flatten(1) - 0.5, weights).tanh() * 3;
    }

    private EvaluationResult Run(EvaluationJournal? journal, Randomness randomness, Action<EvaluationProgress>? progressed = null,
        CancellationToken stop = default) =>
        new Evaluator(new AttackRunner(Classify, images, 4, seed: 5) { Randomness = randomness })
        {
            Journal = journal, Quantize = true, Check = true, Observer = new Observer { Evaluation = progressed },
        }.Run(attacks, stop);

    [Theory]
    [InlineData(Randomness.Keyed)]
    [InlineData(Randomness.Published)]
    public void After_a_stop_anywhere(Randomness randomness)
    {
        var straight = Run(null, randomness);
        Assert.Equal(["pgd1", "pgd2-margin", "fgsm"], straight.Attacks.Select(a => a.Name));
        // Every part has something to do and leaves something to do.
        Assert.All(straight.Attacks, a => Assert.InRange(a.Broken, 1, a.Attacked - 1));

        var batches = 0;
        Run(null, randomness, p => batches += Done(p));
        for (var last = 1; last < batches; last += 2)
        {
            var path = made[$"{last}"];
            using (var journal = EvaluationJournal.Begin(path, Identity))
            {
                using var source = new CancellationTokenSource();
                var done = 0;
                Assert.Throws<OperationCanceledException>(() =>
                    Run(journal, randomness, p => { if ((done += Done(p)) == last) source.Cancel(); }, source.Token));
            }
            using var again = EvaluationJournal.Resume(path, Identity);
            Assert.True(again.Count >= last);
            var resumed = Run(again, randomness);
            AssertSame(straight, resumed);
        }
    }

    /// <summary>Three that join at different moments do each batch once.</summary>
    [Fact]
    public void Shared_by_three()
    {
        var path = made["journal"];
        using (EvaluationJournal.Begin(path, Identity)) { }
        var alone = Run(null, Randomness.Keyed);
        var passes = Interlocked.Exchange(ref asked, 0);
        var results = new EvaluationResult?[3];
        InParallel(results.Length, n =>
        {
            Thread.Sleep(5 * n);
            using var journal = EvaluationJournal.Resume(path, Identity);
            results[n] = Run(journal, Randomness.Keyed);
        });
        // Each sees for itself that there are gradients.
        Assert.InRange(asked, passes, passes + results.Length - 1);
        Assert.All(results, result => AssertSame(alone, result!));
        Assert.All(results, result => Assert.Equal(alone.Findings.Select(f => f.Check), result!.Findings.Select(f => f.Check)));
        Assert.Equal(["journal"], Directory.GetFileSystemEntries(made.Root).Select(Path.GetFileName));
    }

    /// <summary>Three that are stopped again and again, at any batch; whoever is left ends it.</summary>
    [Fact]
    public void Shared_by_three_that_are_stopped()
    {
        var alone = Run(null, Randomness.Keyed);
        for (var round = 0; round < 4; round++)
        {
            var path = made[$"{round}/journal"];
            using (EvaluationJournal.Begin(path, Identity)) { }
            var results = new EvaluationResult?[3];
            InParallel(results.Length, n =>
            {
                var random = new Random(10 * round + n);
                for (var stops = 0; stops < 4 && results[n] is null; stops++)
                {
                    using var journal = EvaluationJournal.Resume(path, Identity);
                    using var source = new CancellationTokenSource();
                    var left = stops == 3 ? int.MaxValue : random.Next(1, 8);
                    try
                    {
                        results[n] = Run(journal, Randomness.Keyed, _ => { if (--left == 0) source.Cancel(); }, source.Token);
                    }
                    catch (OperationCanceledException)
                    {
                    }
                }
            });
            Assert.All(results, result => AssertSame(alone, result!));
            var records = File.ReadLines(path).Skip(1).Select(line => line.Split("\"seconds\"")[0][17..]).ToList();
            Assert.Equal(records.Distinct().Count(), records.Count);
        }
    }

    private static void InParallel(int count, Action<int> run)
    {
        var faults = new System.Collections.Concurrent.ConcurrentBag<Exception>();
        var threads = Enumerable.Range(0, count).Select(n => new Thread(() =>
        {
            try
            {
                run(n);
            }
            catch (Exception fault)
            {
                faults.Add(fault);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Empty(faults);
    }

    private static void AssertSame(EvaluationResult one, EvaluationResult other)
    {
        Assert.Equal(one.Rows, other.Rows);
        Assert.Equal(
            one.Attacks.Select(a => (a.Name, a.Attacked, a.Broken, a.Accuracy, a.AccuracyAlone, a.QueryCounts, string.Join(' ', a.Rounded!))),
            other.Attacks.Select(a => (a.Name, a.Attacked, a.Broken, a.Accuracy, a.AccuracyAlone, a.QueryCounts, string.Join(' ', a.Rounded!))));
    }

    /// <summary>An attack that begins is told of too; nothing of it is done then.</summary>
    private static int Done(EvaluationProgress progress) => Math.Sign(progress.Done);

    [Fact]
    public void What_is_done_is_not_done_again()
    {
        using (var journal = EvaluationJournal.Begin(made["journal"], Identity)) Run(journal, Randomness.Keyed);
        using var again = EvaluationJournal.Resume(made["journal"], Identity);
        asked = 0;
        Run(again, Randomness.Keyed);
        Assert.Equal(0, asked);
    }

    /// <summary>Kept by Arow as it was before batches returned their rows, on some machine: the last digits of margins may be others here.</summary>
    [Fact]
    public void A_journal_of_an_older_version_is_gone_on_with()
    {
        var path = made["journal"];
        File.Copy(Path.Combine(Repository.Root, "tests/Arow.Tests/Fixtures/evaluation-journal"), path);
        var straight = Run(null, Randomness.Keyed);
        var whole = asked;
        using var journal = EvaluationJournal.Resume(path, Identity);
        Assert.Equal(13, journal.Count);
        asked = 0;
        var resumed = Run(journal, Randomness.Keyed);
        Assert.InRange(asked, 1, whole / 2);
        Assert.True(journal.Count > 13, "something must have been left to do");
        Assert.Equal(straight.Rows.Select(r => r with { Margin = 0, Norm = 0 }), resumed.Rows.Select(r => r with { Margin = 0, Norm = 0 }));
        Assert.All(straight.Rows.Zip(resumed.Rows), r => Assert.Equal(r.First.Margin, r.Second.Margin, 1e-4));
        Assert.All(straight.Rows.Zip(resumed.Rows), r => Assert.Equal(r.First.Norm, r.Second.Norm, 1e-6));
        Assert.Equal(
            straight.Attacks.Select(a => (a.Name, a.Attacked, a.Broken, a.Accuracy, a.AccuracyAlone, a.QueryCounts, string.Join(' ', a.Rounded!))),
            resumed.Attacks.Select(a => (a.Name, a.Attacked, a.Broken, a.Accuracy, a.AccuracyAlone, a.QueryCounts, string.Join(' ', a.Rounded!))));
        Assert.Equal(straight.Findings.Select(f => f.Check), resumed.Findings.Select(f => f.Check));
    }

    /// <summary>What was computed elsewhere is known for good, also when the evaluation ends where it was begun.</summary>
    [Fact]
    public void Batches_that_were_computed_on_another_machine()
    {
        var here = Identity with { Environment = ComputeEnvironment.Current(DeviceType.CPU) };
        var there = here with { Environment = here.Environment! with { InstructionSets = "AVX2" } };
        using (EvaluationJournal.Begin(made["journal"], there)) { }
        using (var journal = EvaluationJournal.Resume(made["journal"], here))
        {
            Assert.Empty(journal.Differences);
            Run(journal, Randomness.Keyed);
        }
        using var again = EvaluationJournal.Resume(made["journal"], there);
        Assert.Equal($"instructions {ComputeEnvironment.Instructions}, not AVX2", Assert.Single(again.Differences));
    }

    [Fact]
    public void A_journal_of_other_images_is_refused()
    {
        using (var journal = EvaluationJournal.Begin(made["journal"], Identity)) Run(journal, Randomness.Keyed);
        using var again = EvaluationJournal.Resume(made["journal"], Identity);
        using var rows = tensor(Enumerable.Range(1, 20).Select(i => (long)i).ToArray());
        using var others = images.Select(rows);
        var evaluator = new Evaluator(new AttackRunner(Classify, others, 4, seed: 5)) { Journal = again };
        Assert.Throws<InputException>(() => evaluator.Run(attacks, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_stop_is_heeded_in_the_midst_of_an_attack()
    {
        using var source = new CancellationTokenSource();
        var ticks = 0;
        var evaluator = new Evaluator(new AttackRunner(Classify, images, 30, seed: 5) { Queried = () => { if (++ticks == 3) source.Cancel(); } });
        Assert.Throws<OperationCanceledException>(() => evaluator.Run([Pgd.Standard(new ThreatModel(Norm.Linf, 0.02), 100)], source.Token));
        Assert.Equal(3, ticks);
    }

    [Fact]
    public void Identities_differ_by_whatever_decides_the_rows()
    {
        EvaluationIdentity Of(
            string model = "m", string hash = "h", ImageSet? data = null, IAttack[]? with = null, Func<EvaluationOptions,
            EvaluationOptions>? change = null)
        {
            var options = new EvaluationOptions { BatchSize = 4, Precision = Precision.Exact };
            return EvaluationIdentity.Create(model, hash, data ?? images, with ?? attacks, change?.Invoke(options) ?? options);
        }

        using var fewer = images.Limit(29, 0);
        using var relabelled = new ImageSet("noise", images.Images.clone(), 2 - images.Labels, images.Classes);
        IAttack[] harder = [attacks[0],
            new AutoAttack(attacks[0].Threat, [Pgd.Standard(attacks[0].Threat, 2, AttackLoss.Margin, restarts: 3), new Fgsm(attacks[0].Threat)])];
        Assert.Null(Of().DescribeDifference(Of()));
        foreach (var (name, other) in new (string, EvaluationIdentity)[]
        {
            ("model", Of(model: "n")), ("weights", Of(hash: "i")), ("images 30, not 29", Of(data: fewer)), ("data (SHA-256)", Of(data: relabelled)),
            ("attacks", Of(with: [attacks[0]])), ("budget of the attacks", Of(with: harder)),
            ("perturbations linf 8/255, not l2 1", Of(change: o => o with { Threat = new(Norm.L2, Ratio.Parse("1")!.Value) })),
            ("batch size 4, not 5", Of(change: o => o with { BatchSize = 5 })), ("seed 0, not 1", Of(change: o => o with { Seed = 1 })),
            ("randomness keyed, not published", Of(change: o => o with { Randomness = Randomness.Published })),
            ("precision exact, not fast", Of(change: o => o with { Precision = Precision.Fast })),
            ("quantize no, not yes", Of(change: o => o with { Quantize = true })),
        })
        {
            Assert.Contains(name, Of().DescribeDifference(other));
        }
    }
}
