using System.Diagnostics;

namespace Arow.Tests.Unit.Runtime;

/// <summary>Numbers that TorchSharp wraps live as long as the calls that they are passed to, whatever the garbage collector does meanwhile.</summary>
public sealed unsafe class ScalarQuarantineTests
{
    private static readonly delegate* unmanaged<double, nint> Make = (delegate* unmanaged<double, nint>)Wrapper("THSTorch_float64_to_scalar");
    private static readonly delegate* unmanaged<nint, void> Free = (delegate* unmanaged<nint, void>)Wrapper("THSTorch_dispose_scalar");
    private static readonly delegate* unmanaged<nint, double> Read = (delegate* unmanaged<nint, double>)Wrapper("THSTorch_scalar_to_float64");

    private static nint Wrapper(string name) => System.Runtime.InteropServices.NativeLibrary.GetExport(
        System.Runtime.InteropServices.NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null), name);

    [Fact]
    public void Numbers_are_held_here() =>
        Assert.Equal(OperatingSystem.IsLinux()
            && System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64,
            LibTorch.HoldsScalars);

    /// <summary>Without the quarantine: exceptions such as "Expected false to be true", and wrong results.</summary>
    [Fact]
    public void Threads_that_compute_while_another_collects_garbage()
    {
        Assert.SkipUnless(LibTorch.HoldsScalars, "numbers are not held on this platform");
        const int Seconds = 2;
        var clock = Stopwatch.StartNew();
        long operations = 0;
        var (faults, stop) = (new System.Collections.Concurrent.ConcurrentBag<string>(), false);
        (string Name, Func<Tensor, Tensor> Operation, float Expected)[] all =
        [
            ("x * 2.0", x => x * 2.0, 2), ("x + x", x => x + x, 2), ("x - 0.5", x => x - 0.5, 0.5f), ("add(alpha)", x => x.add(x, alpha: 2.0), 3),
            ("clamp", x => x.clamp(0, 0.5), 0.5f), ("pow", x => (x + 1).pow(3), 8), ("in place", x => x.clone().mul_(3).add_(1), 4),
            ("full", _ => full(1, 7.5), 7.5f),
        ];
        var threads = Enumerable.Range(0, 3).Select(start => new Thread(() =>
        {
            using var x = ones(1);
            for (var i = start; clock.Elapsed.TotalSeconds < Seconds; i++)
            {
                var (name, operation, expected) = all[i % all.Length];
                try
                {
                    using var scope = NewDisposeScope();
                    if (operation(x).item<float>() is var value && value != expected) faults.Add($"{name}: {value}");
                }
                catch (Exception e)
                {
                    faults.Add($"{name}: {e.Message.Split('\n')[0]}");
                }
                Interlocked.Increment(ref operations);
            }
        })).ToList();
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
                // What was freed is taken and overwritten at once.
                for (var i = 0; i < 50; i++)
                {
                    using Scalar other = 1e30;
                }
            }
        });
        threads.ForEach(t => t.Start());
        collector.Start();
        threads.ForEach(t => t.Join());
        Volatile.Write(ref stop, true);
        collector.Join();
        Assert.Empty(faults);
        Assert.True(operations > 1000, $"only {operations} operations");
    }

    [Fact]
    public void A_number_can_be_read_long_after_it_was_freed()
    {
        Assert.SkipUnless(LibTorch.HoldsScalars, "numbers are not held on this platform");
        var number = Make(0.1);
        Free(number);
        for (var i = 0; i < ScalarQuarantine.Capacity - 1000; i++) Free(Make(i));
        Assert.Equal(0.1, Read(number));
    }

    /// <summary>What is held has an end: numbers that are freed beyond it give their memory back.</summary>
    [Fact]
    public void Memory_stays_flat()
    {
        Assert.SkipUnless(LibTorch.HoldsScalars, "numbers are not held on this platform");
        for (var i = 0; i < ScalarQuarantine.Capacity + 1000; i++) Free(Make(i));
        var (count, before) = (ScalarQuarantine.Count, Resident());
        for (var i = 0; i < 4 * ScalarQuarantine.Capacity; i++) Free(Make(i));
        Assert.InRange(ScalarQuarantine.Count - count, 4 * ScalarQuarantine.Capacity, long.MaxValue);
        // The million numbers took 48 bytes each.
        Assert.InRange(Resident() - before, long.MinValue, 4 * ScalarQuarantine.Capacity * 48L / 3);

        static long Resident()
        {
            using var self = Process.GetCurrentProcess();
            return self.WorkingSet64;
        }
    }
}
