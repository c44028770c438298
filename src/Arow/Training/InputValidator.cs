using Arow.Data;
using Arow.Models;
using Arow.Options;
using Arow.Registry;
using Arow.Runtime;

namespace Arow.Training;

/// <summary>Validates the files and devices that options name, before any run starts.</summary>
internal static class InputValidator
{
    /// <summary>Returns a line for each error; data that several runs share is read once.</summary>
    /// <param name="runs">The options; those with an unknown data set or device are skipped.</param>
    /// <param name="inspected">Receives the location and the inspection of each data set.</param>
    public static IReadOnlyList<string> Validate(IEnumerable<TrainingOptions> runs, Action<string, DataInspection>? inspected = null) =>
        Validate(runs.Select(o => (o, (RunFolder?)null)), inspected);

    /// <summary>Also checks that runs that are resumed have the data that they started with.</summary>
    /// <param name="runs">The options and the folder of each run; null for no folder.</param>
    /// <param name="inspected">Receives the location and the inspection of each data set.</param>
    public static IReadOnlyList<string> Validate(IEnumerable<(TrainingOptions Options, RunFolder? Folder)> runs, Action<string,
        DataInspection>? inspected = null)
    {
        var errors = new List<string>();
        var known = runs.Where(r => r.Options.Dataset is { } name && Catalog.DataSets.ContainsKey(name)).ToList();
        foreach (var device in known.Select(r => r.Options.Device).Distinct().Where(ComputeEnvironment.Devices.Contains)) Collect(errors, () =>
            { TrainingRun.FindDevice(device); });
        foreach (var group in known.GroupBy(r => r.Options.Only(SettingUses.Images)))
        {
            Collect(errors, () =>
            {
                var data = group.Key.DataSet;
                using var train = data.Load(Split.Train, group.Key.DataDir);
                foreach (var options in group.Select(r => r.Options.Only(SettingUses.Inputs)).Distinct())
                    errors.AddRange(Validate(options, data, train));
                if (!data.IsGenerated) Inspect(group.Key.DataDir ?? data.Name, data, group.Key.DataDir, train, inspected);
                if (errors.Count == 0 && ValidateRunData(group.Where(r => r.Folder?.Exists == true).Select(r => (r.Options, r.Folder!)), data,
                    train) is { } changed) errors.Add(changed);
            });
        }
        return [.. errors.Distinct()];
    }

    /// <summary>Inspects the data that the runs and their evaluations need.</summary>
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

    private static List<string> Validate(TrainingOptions options, IDataSet data, ImageSet train)
    {
        var errors = new List<string>();
        var images = Math.Min(options.LimitTrain ?? train.Count, train.Count);
        if (options.SelectOn == SelectOn.Validation)
        {
            Collect(errors, () =>
            {
                using var validation = RunInputs.LoadValidation(data, options);
                if (validation is null && options.Validation >= images && !(options.LimitTrain <= options.Validation))
                    throw new InputException($"validation {options.Validation} leaves none of the {images} training images");
            });
        }
        var input = new InputShape(train.Channels, train.Height, train.Width);
        if (options.Helper is { } helper) Collect(errors, () => RunInputs.LoadHelper(helper, input, train.Classes, CPU, out _).Dispose());
        if (Math.Min(options.BatchSize, images) == 1 && Architectures.All.ContainsKey(options.Model))
        {
            Collect(errors, () =>
            {
                using var network = Network.Create(options.Model, input, train.Classes.Count, Normalization.None, options.Seed);
                if (RunInputs.ValidateBatchSize(options, images, network) is { } tooSmall) errors.Add(tooSmall);
            });
        }
        if (RunInputs.ValidateCutout(options, input) is { } tooLarge) errors.Add(tooLarge);
        if (options.ExtraData is { } extra) Collect(errors, () => RunInputs.LoadExtra(extra, options, train, CPU, out _, out _).Dispose());
        return errors;
    }

    /// <summary>Reports the first run that started with other data; the others would repeat it.</summary>
    private static string? ValidateRunData(IEnumerable<(TrainingOptions Options, RunFolder Folder)> runs, IDataSet data, ImageSet train)
    {
        var known = new Dictionary<(Split, int?, long), DataIdentity>();
        foreach (var (options, folder) in runs)
        {
            if (folder.ReadData() is not { } recorded) continue;
            using var extra = options.ExtraData is { } path ? RunInputs.LoadExtra(path, options, train, CPU, out _, out _) : null;
            var now = RunData.Create(
                Identity(Split.Train, options.LimitTrain, options.Seed, () => train.Limit(options.LimitTrain, options.Seed)),
                Identity(Split.Test, options.LimitTest, options.Seed, () => TrainingRun.LoadTest(options, CPU)),
                extra, options.Helper is { } helper ? RunFolder.ResolveWeights(helper) : null) with
            { Validation = Validation(options) };
            if (recorded.DescribeDifference(now) is { } changed) return $"{folder.Path}: was started with other data: {changed}";
        }
        return null;

        DataIdentity? Validation(TrainingOptions options)
        {
            if (options.SelectOn != SelectOn.Validation) return null;
            using var own = RunInputs.LoadValidation(data, options);
            return own is null ? null : DataIdentity.Compute(own);
        }

        // Without a limit, the seed draws nothing.
        DataIdentity Identity(Split split, int? limit, long seed, Func<ImageSet> load)
        {
            var key = (split, limit, limit is null ? 0 : seed);
            if (known.TryGetValue(key, out var identity)) return identity;
            using var images = load();
            return known[key] = DataIdentity.Compute(images);
        }
    }

    private static void Collect(List<string> errors, Action check)
    {
        try
        {
            check();
        }
        catch (InputException fault)
        {
            errors.Add(fault.Message);
        }
    }
}
