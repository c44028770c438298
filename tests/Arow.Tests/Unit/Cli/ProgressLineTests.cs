using Arow.Analysis;
using Arow.Cli;

namespace Arow.Tests.Unit.Cli;

public sealed class ProgressLineTests
{
    /// <summary>The last column stays free: some terminals wrap as soon as it is written. A terminal of unknown width says 0.</summary>
    [Theory]
    [InlineData("0123456789", 80, "0123456789")]
    [InlineData("0123456789", 11, "0123456789")]
    [InlineData("0123456789", 10, "012345678")]
    [InlineData("0123456789", 4, "012")]
    [InlineData("0123456789", 0, "0123456789")]
    public void A_line_fits_into_its_row(string line, int columns, string shown) => Assert.Equal(shown, ProgressLine.Truncate(line, columns));

    [Theory]
    [InlineData(60, "1:02:03 left  265 images/s  epoch 2/120 25 %  robust 32.8 %")]
    [InlineData(80, "1:02:03 left  265 images/s  epoch 2/120 25 %  robust 32.8 %  loss 2.067")]
    [InlineData(120,
        "1:02:03 left  265 images/s  epoch 2/120 25 %  robust 32.8 %  loss 2.067  clean 45.1 %  [#####...............]")]
    [InlineData(int.MaxValue,
        "1:02:03 left  265 images/s  epoch 2/120 25 %  robust 32.8 %  loss 2.067  clean 45.1 %  [#####...............]")]
    public void Time_left_and_rate_come_first_and_what_does_not_fit_is_left_out_whole(int columns, string shown) => Assert.Equal(shown,
        TrainingDisplay.Format(new TrainingProgress(2, 120, 5, 20, 2.067, 0.451, 0.328, 265, new TimeSpan(1, 2, 3)), columns));

    [Fact]
    public void The_end_of_a_training_is_told_by_the_clock() => Assert.Equal(
        "time: about 3:02:03 left, to the end about 2026-12-01 01:02; evaluations are not counted",
        TrainingDisplay.DescribeEnd(new TimeSpan(3, 2, 3), new DateTime(2026, 11, 30, 22, 0, 0)));

    /// <summary>A batch may take minutes: before the first one its passes are counted, and after it the time left counts down.</summary>
    [Theory]
    [InlineData(0, 0, 120, "pgd20                0/100  [....................]")]
    [InlineData(0, 7, 120, "pgd20                0/100  7 passes into the next batch  [....................]")]
    [InlineData(25, 7, 120, "pgd20                2:50 left  25/100  7 passes into the next batch  [#####...............]")]
    [InlineData(25, 7, 60, "pgd20                2:50 left  25/100")]
    public void An_analysis_tells_its_progress_from_the_start(int done, int passes, int columns, string shown) => Assert.Equal(shown,
        AnalysisDisplay.Format(new AnalysisProgress("pgd20", done, 100, TimeSpan.FromSeconds(60)), TimeSpan.FromSeconds(10), passes, columns));

    [Theory]
    [InlineData(58, "pgd20        robust at most 57.0 %  broke 3 of 60")]
    [InlineData(78, "pgd20        broke 3 of 60  robust accuracy at most 57.0 % (47.2 – 66.3 %)")]
    [InlineData(118, "pgd20        broke 3 of 60  robust accuracy at most 57.0 % (47.2 – 66.3 %)  1:05")]
    public void The_result_of_an_attack_loses_its_interval_before_its_number(int columns, string shown) =>
        Assert.Equal(shown, EvaluationDisplay.FormatResult(new AttackResult("pgd20", 60, 3, 0.57, 65), images: 100, columns));
}
