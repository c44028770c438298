using System.Diagnostics;
using Arow.Data;
using Arow.Models;
using Arow.Runtime;

namespace Arow.Bench;

/// <summary>Training on the device: images a second beside the plain transcription, and what an epoch of CIFAR-10's size takes.</summary>
internal static class Speed
{
    private const int Epoch = 50_000;

    public static IEnumerable<(string, Func<CardRow>)> Of(CardOptions options)
    {
        yield return ("product rate in bfloat16", () => CardRow.Figure($"{Rate(options) / 1e12:0.00} TFLOP/s"));
        Job[] jobs = options.Small
            ? [new("small-cnn", new InputShape(1, 28, 28), 32)]
            : [.. ((int[])[128, 256, 512]).Select(n => new Job("resnet18", new InputShape(3, 32, 32), n)),
                new("small-cnn", new InputShape(1, 28, 28), 128)];
        foreach (var job in jobs)
        {
            var found = new Lazy<(double Ours, double Plain)>(() => Compare(job, options));
            yield return ($"{job}: against the plain transcription", () => CardRow.Figure(
                $"{found.Value.Ours:0} images/s against {found.Value.Plain:0}: {found.Value.Ours / found.Value.Plain:0.00} times"));
            yield return ($"{job}: an epoch of {Epoch} images", () =>
                CardRow.Figure($"{Epoch / found.Value.Ours:0.0} s", Resnet(job) ? "goal on an H200: 12 s" : ""));
            if (options.Published is { } published && job.Batch == 128 && Resnet(job))
                yield return ($"{job}: against the published Python under autocast", () =>
                    CardRow.Figure($"{found.Value.Ours / published:0.00} times its {published:0} images/s", "goal: 2 times"));
        }
    }

    private static bool Resnet(Job job) => job.Architecture == "resnet18";

    /// <summary>Images a second: the median of three turns each, one beside the other.</summary>
    private static (double Ours, double Plain) Compare(Job job, CardOptions options)
    {
        var steps = options.Small ? 2 : 40;
        using var mine = job.CreateNetwork();
        using var theirs = job.CreateNetwork();
        mine.Module.to(options.Device);
        theirs.Module.to(options.Device);
        using var scope = NewDisposeScope();
        using var ours = new Ours(mine, job);
        using var plain = new Published(theirs);
        using var set = Images(job, steps, options.Device);
        var batches = new Batches(set, job.Batch, seed: 0, new Augmentation(4, job.Input.Channels == 3));
        var (fast, slow) = (new List<double>(), new List<double>());
        for (var turn = -1; turn < 3; turn++)
        {
            // The first turn warms up. Drawing, shifting and mirroring count, as they do in training.
            var one = ImagesPerSecond(() => CudaMath.ConfigureTraining(options.Device, deterministic: false), (x, y) => ours.Take(x, y));
            var other = ImagesPerSecond(() => AsPyTorch(options.Device), (x, y) => plain.Take(x, y));
            if (turn < 0) continue;
            fast.Add(one);
            slow.Add(other);
        }
        if (!double.IsFinite(ours.Loss)) throw new ArithmeticException("the loss is no number");
        return (fast.Order().ElementAt(1), slow.Order().ElementAt(1));

        double ImagesPerSecond(Func<IDisposable?> settings, Action<Tensor, Tensor> take)
        {
            using var chosen = settings();
            Wait(options.Device);
            var clock = Stopwatch.StartNew();
            foreach (var batch in batches.Epoch(0)) take(batch.Images, batch.Labels);
            Wait(options.Device);
            return steps * job.Batch / clock.Elapsed.TotalSeconds;
        }
    }

    /// <summary>As many as the steps want, of noise: what they show costs nothing.</summary>
    private static ImageSet Images(Job job, int steps, Device device)
    {
        using var scope = NewDisposeScope();
        var n = (long)steps * job.Batch;
        var images = randint(0, 256, [n, job.Input.Channels, job.Input.Height, job.Input.Width], dtype: ScalarType.Byte);
        using var set = new ImageSet("noise", images, arange(n, dtype: ScalarType.Int64).remainder(Job.Classes),
            [.. Enumerable.Range(0, Job.Classes).Select(k => $"{k}")]);
        return set.To(device);
    }

    /// <summary>The product of two square matrices.</summary>
    private static double Rate(CardOptions options)
    {
        var n = options.Small ? 1024L : 8192;
        var times = options.Small ? 3 : 20;
        using var scope = NewDisposeScope();
        var a = rand(n, n).to(options.Device).to(ScalarType.BFloat16);
        a.mm(a).Dispose();
        Wait(options.Device);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < times; i++) a.mm(a).Dispose();
        Wait(options.Device);
        return times * 2.0 * n * n * n / clock.Elapsed.TotalSeconds;
    }

    private static void Wait(Device device)
    {
        if (device.type == DeviceType.CUDA) cuda.synchronize();
    }

    /// <summary>The published code's settings: cuDNN looks for its fastest algorithms, and convolutions are in TF32, libtorch's default.</summary>
    private static IDisposable? AsPyTorch(Device device) => device.type == DeviceType.CUDA ? new Tf32(device) : null;

    private sealed class Tf32 : IDisposable
    {
        private readonly IDisposable? search;

        public Tf32(Device device)
        {
            search = CudaMath.ConfigureTraining(device, deterministic: false);
            backends.cudnn.allow_tf32 = true;
        }

        public void Dispose()
        {
            backends.cudnn.allow_tf32 = false;
            search?.Dispose();
        }
    }
}
