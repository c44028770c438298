namespace Arow.Tests.Unit.Reports;

public sealed class LivePageTests : IDisposable
{
    private const string Refresh = "http-equiv=\"refresh\"";

    private readonly MadeFolder made = new();
    private readonly List<string> warnings = [];

    public void Dispose() => made.Dispose();

    private LivePage Begin(out RunFolder folder, TimeSpan interval = default)
    {
        folder = new RunFolder(made.Root);
        folder.Create(new TrainingOptions { Dataset = "glyphs", Epochs = 4 }, []);
        return new LivePage(folder, new TrainingCallbacks { Warning = warnings.Add }) { Interval = interval };
    }

    private static void Log(RunFolder folder, EpochRecord epoch) =>
        folder.AppendLog(System.Text.Json.JsonSerializer.Serialize(epoch, EpochJson.Default.EpochRecord));

    [Fact]
    public void A_page_grows_with_the_run_and_stops_loading_itself_at_its_end()
    {
        using (var page = Begin(out var folder))
        {
            foreach (var epoch in Made.Epochs(2))
            {
                Log(folder, epoch);
                page.OnEpoch(epoch);
                var now = File.ReadAllText(page.Path);
                Assert.Contains(Refresh, now);
                Assert.Contains($"RUNNING: epoch {epoch.Epoch} is done.", now);
                Assert.Contains($"{epoch.Epoch} epochs, ", now);
                Assert.DoesNotContain("NOT EVALUATED", now);
            }
            page.ShowEvaluating();
            Assert.Contains("weights are evaluated", File.ReadAllText(page.Path));
            TrainingReport.FromFolder(folder).Write(folder.Path);
            page.Finish();
        }
        var last = File.ReadAllText(Path.Combine(made.Root, "report.html"));
        Assert.DoesNotContain(Refresh, last);
        Assert.Contains("NOT EVALUATED", last);
    }

    /// <summary>The first epoch is shown, and what follows within the interval is not until the training is done.</summary>
    [Fact]
    public void Short_epochs_do_not_write_a_page_each()
    {
        using var page = Begin(out var folder, TimeSpan.FromHours(1));
        foreach (var epoch in Made.Epochs(3))
        {
            Log(folder, epoch);
            page.OnEpoch(epoch);
        }
        Assert.Contains("RUNNING: epoch 1 is done.", File.ReadAllText(page.Path));
        page.ShowEvaluating();
        Assert.Contains("3 epochs, ", File.ReadAllText(page.Path));
    }

    [Fact]
    public void A_stopped_run_leaves_a_page_that_says_so()
    {
        using (var page = Begin(out var folder))
        {
            Log(folder, Made.Epochs(1)[0]);
            page.OnEpoch(Made.Epochs(1)[0]);
        }
        var left = File.ReadAllText(Path.Combine(made.Root, "report.html"));
        Assert.DoesNotContain(Refresh, left);
        Assert.Contains("STOPPED", left);
    }

    /// <summary>A run that was refused has no page: the folder may be another's.</summary>
    [Fact]
    public void Nothing_is_written_before_the_first_step()
    {
        Begin(out _).Dispose();
        Assert.False(File.Exists(Path.Combine(made.Root, "report.html")));
    }

    [Fact]
    public void A_page_that_cannot_be_written_does_not_end_the_training()
    {
        Directory.CreateDirectory(Path.Combine(made.Root, "report.html"));
        using var page = Begin(out var folder);
        foreach (var epoch in Made.Epochs(2))
        {
            Log(folder, epoch);
            page.OnEpoch(epoch);
        }
        Assert.Contains("report.html: cannot be written", Assert.Single(warnings));
    }
}
