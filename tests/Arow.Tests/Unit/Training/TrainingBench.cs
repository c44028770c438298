using Arow.Objectives;

namespace Arow.Tests.Unit.Training;

/// <summary>A hundred digits and a network for each run.</summary>
internal sealed class TrainingBench : IDisposable
{
    private readonly ImageSet train;

    public TrainingBench()
    {
        using var all = new Glyphs().Draw(Split.Train, 112);
        (train, Selecting) = all.RandomSplit(32, 0);
    }

    public ImageSet Selecting { get; }

    public List<EpochRecord> Records { get; } = [];

    /// <summary>What the last run ended with, however it ended.</summary>
    public Dictionary<string, float[]> Parameters { get; private set; } = [];

    /// <summary>An objective in place of the options'.</summary>
    public IObjective? Own { get; init; }

    /// <summary>Images to mix in.</summary>
    public ImageSet? Extra { get; init; }

    /// <summary>Told of the parameters before the first batch and after each.</summary>
    public Action<Dictionary<string, float[]>>? Seen { get; init; }

    public TrainingResult Train(
        TrainingOptions options, string path, int stopAfter = int.MaxValue, Action<string>? passedOver = null, int? readEvery = null)
    {
        using var stop = new CancellationTokenSource();
        using var network = Network.Create(options.Model, new InputShape(1, 28, 28), 10, Normalization.None, options.Seed, options.Dropout);
        using var helper = options.AuxiliaryModel is null ? null : Network.Create("tiny-cnn", new InputShape(1, 28, 28), 10, Normalization.None, 9);
        var steps = 0;
        var input = new TrainingInput(train, Selecting, new Augmentation(2, true))
        {
            Helper = helper, Objective = Own, Extra = Extra,
            ReadbackInterval = readEvery
        };
        using var trainer = new Trainer(new TrainingSetup(options, new RunFolder(path), network, input))
        {
            Observer = new TrainingCallbacks
            {
                Step = _ =>
                {
                    if (++steps == stopAfter) stop.Cancel();
                    Seen?.Invoke(Values());
                },
                Epoch = Records.Add,
                Warning = passedOver ?? (line => Assert.Fail(line)),
            },
        };
        trainer.Resume();
        Seen?.Invoke(Values());
        try
        {
            return trainer.Run(stop.Token);
        }
        finally
        {
            Parameters = Values();
        }

        Dictionary<string, float[]> Values() => network.Parameters.ToDictionary(p => p.Name, p => p.Value.data<float>().ToArray());
    }

    public void Dispose()
    {
        train.Dispose();
        Selecting.Dispose();
    }
}
