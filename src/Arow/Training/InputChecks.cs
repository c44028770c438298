using Arow.Data;
using Arow.Models;

namespace Arow.Training;

/// <summary>What is wrong with the files and devices that options name, found before any run is begun.</summary>
public static class InputChecks
{
    /// <summary>A line for each fault; data that several runs share is read once.</summary>
    /// <param name="runs">Options; those that name an unknown data set or device are passed over.</param>
    /// <param name="inspected">Told what is in each data set, and where it is.</param>
    public static IReadOnlyList<string> Of(IEnumerable<TrainingOptions> runs, Action<string, DataInspection>? inspected = null)
    {
        var faults = new List<string>();
        var known = runs.Where(o => o.Dataset is not null && Catalog.DataSets.ContainsKey(o.Dataset)).ToList();
        foreach (var device in known.Select(o => o.Device).Distinct().Where(d => d is "cpu" or "cuda")) Try(faults, () => { TrainingRun.FindDevice(device); });
        foreach (var group in known.GroupBy(o => (o.Dataset, o.DataDir)))
        {
            Try(faults, () =>
            {
                var data = Catalog.DataSets[group.Key.Dataset!];
                using var train = data.Load(Split.Train, group.Key.DataDir);
                foreach (var options in group.DistinctBy(o => (o.Helper, o.ExtraData, o.ExtraLimit, o.LimitTrain, o.Validation, o.SelectOn, o.Model, o.BatchSize)))
                    faults.AddRange(Of(options, data, train));
                if (!data.IsGenerated) Inspect(group.Key.DataDir ?? data.Name, data, group.Key.DataDir, train, inspected);
            });
        }
        return [.. faults.Distinct()];
    }

    /// <summary>What the runs and their evaluations will need.</summary>
    private static void Inspect(string place, IDataSet data, string? folder, ImageSet train, Action<string, DataInspection>? inspected)
    {
        var inspection = new DataInspection();
        inspection.Add("train", train);
        DataInspection.RequireTwoClasses(inspection.Splits[0], place);
        using (var validation = data.LoadValidation(folder))
        {
            if (validation is not null) inspection.Add("validation", validation);
        }
        using var test = data.Load(Split.Test, folder);
        inspection.Add("test", test);
        inspected?.Invoke(place, inspection);
    }

    private static List<string> Of(TrainingOptions options, IDataSet data, ImageSet train)
    {
        var faults = new List<string>();
        var images = Math.Min(options.LimitTrain ?? train.Count, train.Count);
        if (options.SelectOn == "validation")
        {
            Try(faults, () =>
            {
                using var own = TrainingRun.LoadValidation(data, options);
                if (own is null && options.Validation >= images && !(options.LimitTrain <= options.Validation))
                    throw new InputException($"validation {options.Validation} leaves nothing of the {images} training images");
            });
        }
        var input = new InputShape(train.Channels, train.Height, train.Width);
        if (options.Helper is { } helper) Try(faults, () => TrainingRun.LoadHelper(helper, input, train.Classes.Count, CPU).Dispose());
        if (Math.Min(options.BatchSize, images) == 1 && Catalog.Architectures.ContainsKey(options.Model))
        {
            Try(faults, () =>
            {
                using var network = Network.Create(options.Model, input, train.Classes.Count, Normalization.None, options.Seed);
                if (TrainingRun.BatchFault(options, images, network) is { } tooSmall) faults.Add(tooSmall);
            });
        }
        if (options.ExtraData is { } extra) Try(faults, () => TrainingRun.LoadExtra(extra, options, train, CPU, out _, out _).Dispose());
        return faults;
    }

    private static void Try(List<string> faults, Action check)
    {
        try
        {
            check();
        }
        catch (InputException fault)
        {
            faults.Add(fault.Message);
        }
    }
}
