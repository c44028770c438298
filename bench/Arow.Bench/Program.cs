using System.Globalization;
using System.Runtime.InteropServices;
using Arow;
using Arow.Bench;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
LibTorch.Load();
if (args is [Memory.Option, var kind, var architecture])
{
    Memory.Report(kind, architecture);
    return 0;
}
if (args is not ([] or ["--quick"]))
{
    Console.Error.WriteLine("usage: Arow.Bench [--quick]");
    return 2;
}

var quick = args.Length > 0;
Console.WriteLine($"{Processor()}, {get_num_threads()} threads, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, libtorch {__version__}");
var peak = Peak.Measure(ScalarType.BFloat16, quick ? 10 : 40);
if (!quick)
{
    var single = Peak.Measure(ScalarType.Float32, 40);
    Console.WriteLine($"products of 2048x2048 matrices: {single.Elapsed / 1e9:0} GFLOP/s in float32, {peak.Elapsed / 1e9:0} in bfloat16");
}

foreach (var job in Job.Main)
{
    using var mine = job.CreateNetwork();
    using var theirs = job.CreateNetwork();
    using var scope = NewDisposeScope();
    var (x, y) = job.Images();
    using var ours = new Ours(mine, job);
    using var published = new Published(theirs);
    var pairs = Pairs.Time(() => ours.Take(x, y), () => published.Take(x, y), TimeSpan.FromSeconds(quick ? 15 : 60));

    Console.WriteLine();
    Console.WriteLine($"ARoW, PGD-10 on KL: {job}");
    Console.WriteLine($"  against the plain transcription  {pairs.Elapsed}; in processor time {pairs.Processor}");
    Console.WriteLine($"  share of the bfloat16 rate       {job.Operations() / pairs.Elapsed.Ours / peak.Elapsed:0%}; in processor time {job.Operations() / pairs.Processor.Ours / peak.Processor:0%}");
    if (quick) continue;
    Console.WriteLine($"  images a second, at best         {job.Batch / pairs.Elapsed.Ours:0.0} against {job.Batch / pairs.Elapsed.Other:0.0}");
    Console.WriteLine($"  peak resident memory             {Memory.Peak(job, nameof(Ours)):0} MB against {Memory.Peak(job, nameof(Published)):0}");
}
return 0;

static string Processor() =>
    (File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null)
        ?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
