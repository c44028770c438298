namespace Arow.Tests.Unit.IO;

public sealed class FolderLockTests
{
    [Fact]
    public void One_has_it_at_a_time_and_it_can_be_had_again()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("claims/run.lock");
        using (var first = FolderLock.TryAcquire(path))
        {
            Assert.NotNull(first);
            Assert.Null(FolderLock.TryAcquire(path));
            using var other = FolderLock.TryAcquire(folder.File("claims/other.lock"));
            Assert.NotNull(other);
        }
        using var again = FolderLock.TryAcquire(path);
        Assert.NotNull(again);
    }

    [Fact]
    public void A_file_that_nobody_holds_is_no_claim()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("run.lock"), "process 1 on a machine that is off\n");
        using var claim = FolderLock.TryAcquire(folder.File("run.lock"));
        Assert.NotNull(claim);
    }

    [Fact]
    public async Task Who_waits_gets_it_and_can_be_stopped()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("report.lock");
        var held = FolderLock.TryAcquire(path)!;
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(80));
        Assert.Throws<OperationCanceledException>(() => FolderLock.Acquire(path, stop.Token));
        var waiting = Task.Run(() => FolderLock.Acquire(path, CancellationToken.None));
        held.Dispose();
        (await waiting.WaitAsync(TimeSpan.FromSeconds(10))).Dispose();
    }

    /// <summary>Threads that take it, see that nobody else has it, and remove its file, as fast as they can.</summary>
    [Fact]
    public void A_temporary_one_leaves_nothing_and_is_never_had_twice()
    {
        using var folder = new TemporaryFolder();
        var (path, owners, taken) = (folder.File("run.lock"), 0, 0);
        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < 300; i++)
            {
                using var claim = FolderLock.TryAcquire(path, temporary: true);
                if (claim is null) continue;
                Assert.Equal(1, Interlocked.Increment(ref owners));
                Interlocked.Increment(ref taken);
                Interlocked.Decrement(ref owners);
            }
        });
        Assert.InRange(taken, 1, 1200);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_file_that_was_about_to_be_removed_is_no_claim()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("run.lock"), "removed\n");
        using var claim = FolderLock.TryAcquire(folder.File("run.lock"));
        Assert.NotNull(claim);
        Assert.Null(FolderLock.TryAcquire(folder.File("run.lock")));
    }

    [Fact]
    public void An_output_that_another_process_writes_is_refused()
    {
        using var folder = new TemporaryFolder();
        using (FolderLock.AcquireFor(folder.File("new/folder/extra.npz")))
            Assert.Contains("extra.npz: is being written by another process",
                Assert.Throws<InputException>(() => FolderLock.AcquireFor(folder.File("new/folder/extra.npz"))).Message);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_named()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("run.lock"));
        Assert.Contains("run.lock", Assert.Throws<InputException>(() => FolderLock.TryAcquire(folder.File("run.lock"))).Message);
    }

    [Fact]
    public void Those_who_share_a_lock_keep_out_whoever_wants_it_alone()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("new/.lock");
        using (var one = FolderLock.TryShare(path))
        using (var other = FolderLock.TryShare(path))
        {
            Assert.NotNull(one);
            Assert.NotNull(other);
            Assert.Null(FolderLock.TryAcquire(path, TimeSpan.FromMilliseconds(1)));
        }
        using (var alone = FolderLock.TryAcquire(path, temporary: true))
        {
            Assert.NotNull(alone);
            Assert.Null(FolderLock.TryShare(path));
        }
        Assert.False(File.Exists(path));
    }
}
