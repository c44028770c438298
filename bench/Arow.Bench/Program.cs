using System.Globalization;
using Arow.Bench;
using Arow.Bench.Ensemble;
using Arow.Runtime;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
// The library goes by this process's own idea of its environment, before any of it has run; glibc has read the real one.
if (args is [Apart.Option, .., Apart.Released]) Environment.SetEnvironmentVariable("MALLOC_TRIM_THRESHOLD_", "as it is");
if (args is [Card.Option, ..]) return Card.Run(args[1..]);
ArowRuntime.Initialize();
switch (args)
{
    case []:
        Benchmark.Full();
        return 0;
    case ["--quick"]:
        Benchmark.Quick();
        return 0;
    case ["--check"]:
        return Check.Run();
    case ["--steady"]:
        return Steady.Run();
    case [Beside.Option]:
        Beside.Report();
        return 0;
    case [PackedTraining.Option]:
        PackedTraining.Report();
        return 0;
    case [PackReading.Option, var pack]:
        new PackReading(pack).Report();
        return 0;
    case [Sums.Option]:
        return Sums.Run();
    case [Evaluations.Option, var weights, var folder]:
        new Evaluations(weights, folder).Report();
        return 0;
    case [Apart.Option, var step, var architecture, ..]:
        Apart.Serve(step, architecture);
        return 0;
    default:
        Console.Error.WriteLine("usage: Arow.Bench [--quick | --check | --steady | --beside | --packed | --pack FILE | --sums | --card | --autoattack WEIGHTS DATA-DIR]");
        return 2;
}
