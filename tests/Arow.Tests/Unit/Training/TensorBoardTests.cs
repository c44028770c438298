namespace Arow.Tests.Unit.Training;

/// <summary>What a run writes for TensorBoard, as another reader of the format finds it.</summary>
public sealed class TensorBoardTests
{
    private static readonly TrainingOptions Options = new()
    {
        Dataset = "glyphs", Model = "tiny-cnn", BatchSize = 16, Epochs = 2, AttackSteps = 2, LearningRate = 0.05, Seed = 3,
        CheckpointEvery = 1e-6,
    };

    [Fact]
    public void Numbers_options_and_pictures_of_a_run_that_was_resumed()
    {
        const int Batches = 5, Stop = 7;
        using var bench = new TrainingBench();
        using var folder = new TemporaryFolder();
        Assert.True(bench.Train(Options, folder.Path, stopAfter: Stop).Interrupted);
        Assert.False(bench.Train(Options, folder.Path).Interrupted);
        // Nothing is done any more.
        bench.Train(Options, folder.Path);
        var files = Directory.GetFiles(new RunFolder(folder.Path).TensorBoard).Order(StringComparer.Ordinal).Select(EventReader.Read).ToList();
        Assert.Equal(2, files.Count);
        Assert.All(files, file => Assert.Equal("brain.Event:2", Assert.Single(file[0], f => f.Number == 3).Text));

        // The second file says from which step on the first one is void.
        Assert.DoesNotContain(files[0].SelectMany(e => e), f => f.Number == 7);
        var restarted = Assert.Single(files[1], e => e.Any(f => f.Number == 7));
        Assert.Equal((ulong)Stop + 1, Assert.Single(restarted, f => f.Number == 2).Integer);
        Assert.Equal(1UL, restarted.Single(f => f.Number == 7).Find(1)!.Integer);

        var values = files.SelectMany((file, index) => file.SelectMany(e =>
            from summary in e.Where(f => f.Number == 5)
            from value in summary.Fields.Where(f => f.Number == 1)
            select (File: index, Step: (long)(e.FirstOrDefault(f => f.Number == 2)?.Integer ?? 0), Tag: value.Find(1)!.Text, Value: value))).ToList();
        (long Step, float Value)[] Scalars(string tag) => [.. values.Where(v => v.Tag == tag).Select(v => (v.Step, v.Value.Find(2)!.Single))];

        var loss = Scalars("step/loss");
        Assert.Equal(Enumerable.Range(1, 2 * Batches).Select(step => (long)step), loss.Select(s => s.Step));
        foreach (var (epoch, record) in bench.Records.Index())
        {
            // Batches are alike in size, so the epoch's mean is the mean of its steps; each was rounded to float32.
            var mean = loss.Skip(epoch * Batches).Take(Batches).Average(s => (double)s.Value);
            Assert.Equal(record.Loss, mean, record.Loss * Math.ScaleB(1, -22));
            Assert.Equal((epoch + 1L, (float)record.Loss), Scalars("train/loss")[epoch]);
            Assert.Equal((epoch + 1L, (float)record.SelectionRobust!), Scalars("selection/robust_accuracy")[epoch]);
        }
        Assert.All(Scalars("step/robust_accuracy"), s => Assert.Equal(0, s.Value * 16 % 1));
        Assert.Equal(2 * Batches, Scalars("step/learning_rate").Length);

        var session = values.Where(v => v.Tag == "_hparams_/session_start_info").Select(v => Plugin(v.Value).Find(3)!).ToList();
        Assert.Equal(2, session.Count);
        var options = session[0].Fields.Where(f => f.Number == 1).ToDictionary(f => f.Find(1)!.Text, f => f.Find(2)!);
        Assert.Equal("arow", options["objective"].Find(3)!.Text);
        Assert.Equal(8 / 255.0, options["epsilon"].Find(2)!.Double);
        Assert.Equal(0.05, options["lr"].Find(2)!.Double);
        Assert.Equal(0UL, options["nesterov"].Find(4)!.Integer);
        Assert.DoesNotContain("data-dir", options.Keys);
        var ended = Assert.Single(values, v => v.Tag == "_hparams_/session_end_info");
        Assert.Equal(1, ended.File);
        Assert.Equal(1UL, Plugin(ended.Value).Find(4)!.Find(1)!.Integer);

        var pictures = values.Where(v => v.Tag == "selection/adversarial_images").ToList();
        Assert.Equal([1L, 2], pictures.Select(p => p.Step));
        foreach (var picture in pictures)
        {
            var (image, header) = (picture.Value.Find(4)!, PictureCodec.ReadHeader(picture.Value.Find(4)!.Find(4)!.Bytes)!.Value);
            Assert.Equal(((ulong)header.Height, (ulong)header.Width), (image.Find(1)!.Integer, image.Find(2)!.Integer));
            // Three rows of eight digits, each 84 pixels wide, with four pixels around.
            Assert.Equal((8 * 88 + 4, 3 * 88 + 4), (header.Width, header.Height));
            Assert.Matches(@"times magnified.*Classes: \d(, \d){7}\.$", picture.Value.Find(9)!.Find(3)!.Text);
        }

        static EventReader.Field Plugin(EventReader.Field value)
        {
            var data = value.Find(9)!.Find(1)!;
            Assert.Equal("hparams", data.Find(1)!.Text);
            return data.Find(2)!;
        }
    }

    [Fact]
    public void Attacked_images_are_shown_with_their_perturbation_around_grey()
    {
        using var scope = NewDisposeScope();
        var x = full([12, 1, 2, 2], 0.5f);
        var xAdv = x.clone();
        xAdv[3, 0, 0, 0] += 0.1;
        using var attacked = AttackedImages.Take(x, xAdv, arange(12));
        Assert.Equal([0L, 1, 3, 4, 6, 7, 9, 10], attacked.Labels);
        // 0.1 becomes the largest multiple that stays within [0, 1].
        Assert.Equal(4, attacked.Magnification);
        Assert.Equal([3L, 8, 1, 2, 2], attacked.Rows.shape);
        Assert.Equal(128, attacked.Rows[0, 2, 0, 0, 0].item<byte>());
        Assert.Equal(Math.Round(255 * 0.9), attacked.Rows[1, 2, 0, 0, 0].item<byte>());
        Assert.Equal(128, attacked.Rows[1, 2, 0, 1, 1].item<byte>());
        Assert.Equal(153, attacked.Rows[2, 2, 0, 0, 0].item<byte>());
    }

    [Fact]
    public void Long_runs_write_no_more()
    {
        for (var batches = 1; batches <= 1000; batches++)
            Assert.InRange(Enumerable.Range(0, batches).Count(b => RunLog.ShowsBatch(b, batches)), Math.Min(batches, 51), RunLog.StepsPerEpoch);
        for (var epochs = 1; epochs <= 200; epochs++)
        {
            for (var every = 1; every <= epochs; every++)
            {
                var evaluated = Enumerable.Range(1, epochs).Where(e => e % every == 0 || e == epochs).ToList();
                var shown = evaluated.Where(e => RunLog.ShowsPicture(e, every, epochs)).ToList();
                Assert.InRange(shown.Count, Math.Min(evaluated.Count, 5), RunLog.Pictures + 1);
                Assert.Equal(epochs, shown[^1]);
            }
        }
    }
}
