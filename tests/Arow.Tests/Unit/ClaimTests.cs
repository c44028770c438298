namespace Arow.Tests.Unit;

public sealed class ClaimTests
{
    [Fact]
    public void One_has_it_at_a_time_and_it_can_be_had_again()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("claims/run.lock");
        using (var first = Claim.Take(path))
        {
            Assert.NotNull(first);
            Assert.Null(Claim.Take(path));
            using var other = Claim.Take(folder.File("claims/other.lock"));
            Assert.NotNull(other);
        }
        using var again = Claim.Take(path);
        Assert.NotNull(again);
    }

    [Fact]
    public void A_file_that_nobody_holds_is_no_claim()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("run.lock"), "process 1 on a machine that is off\n");
        using var claim = Claim.Take(folder.File("run.lock"));
        Assert.NotNull(claim);
    }

    [Fact]
    public async Task Who_waits_gets_it_and_can_be_stopped()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("report.lock");
        var held = Claim.Take(path)!;
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(80));
        Assert.Throws<OperationCanceledException>(() => Claim.Wait(path, stop.Token));
        var waiting = Task.Run(() => Claim.Wait(path, CancellationToken.None));
        held.Dispose();
        (await waiting.WaitAsync(TimeSpan.FromSeconds(10))).Dispose();
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_named()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("run.lock"));
        Assert.Contains("run.lock", Assert.Throws<InputException>(() => Claim.Take(folder.File("run.lock"))).Message);
    }
}
