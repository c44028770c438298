namespace Arow.Tests.Unit.Training;

public sealed class RunFileTests
{
    [Fact]
    public void Comments_and_trailing_commas_are_allowed_and_options_win()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("run.json");
        File.WriteAllText(path, """
            // what it is for
            { "dataset": "glyphs", "lambda": 2, "epsilon": "4/255", "nesterov": true, "milestones": [3, 5], /* why */ "epochs": 7, }
            """);
        var options = RunFile.Read(path, [("lambda", "3"), ("norm", "l2")]);
        Assert.Equal("glyphs", options.Dataset);
        Assert.Equal(3, options.Lambda);
        Assert.Equal("4/255", options.Threat.Size.Text);
        Assert.Equal(4.0 / 255, options.Threat.Epsilon);
        Assert.Equal(Norm.L2, options.Threat.Norm);
        Assert.True(options.Nesterov);
        Assert.Equal([3, 5], options.Milestones);
    }

    [Fact]
    public void The_mark_that_some_editors_begin_files_with_is_no_fault()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("run.json"), "{ \"dataset\": \"glyphs\" }",
            new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Equal("glyphs", RunFile.Read(folder.File("run.json"), []).Dataset);
    }

    /// <summary>Bytes as Latin 1, so that what is no UTF-8 can be written down.</summary>
    [Theory]
    [InlineData("{ \"epochs\": 1, \"dataset\": \"glyphs\", \"epochs\": 2 }", "duplicate key 'epochs' (2 times)")]
    [InlineData("{ \"dataset\": \"\\ud800\" }", "not valid Unicode")]
    [InlineData("{ \"\\udc00\": 1 }", "not valid Unicode")]
    [InlineData("{ \"milestones\": [1, \"\u00ff\"] }", "not valid Unicode")]
    [InlineData("", "not JSON at line 1")]
    public void What_a_file_cannot_mean_is_told_with_its_name(string text, string says)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("run.json"), System.Text.Encoding.Latin1.GetBytes(text));
        var fault = Assert.Throws<InputException>(() => RunFile.Read(folder.File("run.json"), [])).Message;
        Assert.Contains("run.json: ", fault);
        Assert.Contains(says, fault);
    }

    [Fact]
    public void A_folder_is_called_one()
    {
        using var folder = new TemporaryFolder();
        Assert.EndsWith("is a folder", Assert.Throws<InputException>(() => RunFile.Read(folder.Path, [])).Message);
    }

    [Fact]
    public void What_is_written_reads_back_as_it_was()
    {
        using var folder = new TemporaryFolder();
        var options = new TrainingOptions
        {
            Dataset = "glyphs", Lambda = 1.25, Threat = new(Norm.L1, Ratio.Parse("0.031")!.Value), AttackStart = Start.Gaussian,
            Milestones = [1, 2], EmaDecay = 0.99, Adr = true, AdrTemperature = new(4, 1.5), AdrShare = new(0.5, 1), CutMix = 0.25, Cutout = 8,
            RandAugment = 2, RandAugmentMagnitude = 30, Nesterov = true, Threads = 1, ClipGradient = 3, Seed = -4,
        };
        File.WriteAllText(folder.File("run.json"), RunFile.Write(options));
        var back = RunFile.Read(folder.File("run.json"), []);
        foreach (var setting in Settings.All) Assert.Equal(setting.Get(options), setting.Get(back));
    }

    /// <summary>Runs of the time when there was no choice go on as they began, and so do their copies.</summary>
    [Fact]
    public void A_run_that_does_not_say_which_units_dropout_leaves_out_is_of_the_time_of_others_in_each_pass()
    {
        using var folder = new TemporaryFolder();
        var run = new RunFolder(folder.File("run"));
        Directory.CreateDirectory(run.Path);
        const string Old = """{ "dataset": "glyphs", "provenance": { "version": "0.1.0" } }""";
        File.WriteAllText(run.RunFile, Old);
        Assert.Equal(DropoutMask.Independent, RunFile.Read(run.RunFile, []).DropoutMask);
        var asked = RunFile.Read(null, [("dataset", "glyphs")]);
        Assert.Null(asked.DropoutMask);
        Assert.Null(run.DescribeDifference(asked));
        Assert.Equal(DropoutMask.Independent, run.ResolveDropoutMask(asked).DropoutMask);
        Assert.Equal("dropout-mask independent, not shared", run.DescribeDifference(asked with { DropoutMask = DropoutMask.Shared }));

        var fresh = new RunFolder(folder.File("fresh"));
        Assert.Equal(DropoutMask.Shared, fresh.ResolveDropoutMask(asked).DropoutMask);
        fresh.Create(fresh.ResolveDropoutMask(asked), new() { ["version"] = "0.2.0" });
        Assert.Equal(DropoutMask.Shared, RunFile.Read(fresh.RunFile, []).DropoutMask);
        Assert.Null(fresh.DescribeDifference(asked));
    }

    [Fact]
    public void Every_fault_is_reported_at_once_on_one_line()
    {
        var fault = Assert.Throws<InputException>(() => RunFile.Read(null,
        [
            ("dataset", "glyhps"), ("lamda", "3"), ("epochs", "many"), ("objective", "standard"), ("lambda", "1"), ("momentum", "1.5"),
            ("norm", "l3"), ("swa-start", "2"), ("ema-decay", "0.9"), ("attack-loss", "kl"), ("epsilon", "8"),
        ]));
        Assert.DoesNotContain('\n', fault.Message);
        foreach (var part in (string[])[
            "'glyhps' is unknown (did you mean glyphs?); known are glyphs", "'lamda' is an unknown option; did you mean lambda?", "epochs 'many' is not an integer",
            "lambda: standard has none", "momentum 1.5", "norm 'l3' is unknown (did you mean l2?); known are linf l2 l1", "swa-start and ema-decay",
            "attack-loss: standard trains without", "was 8/255 meant?"])
        {
            Assert.Contains(part, fault.Message);
        }
    }

    [Theory]
    [InlineData("mart", "attack-loss kl", "mart needs ce or margin")]
    [InlineData("arow", "model small-cnn-plain;dropout 0.3", "dropout: small-cnn-plain has none")]
    [InlineData("arow", "dropout 1;model resnet18-w16", "dropout 1 is not in [0, 1)")]
    [InlineData("arow", "model wrn-17-4;dropout 0.5;helper-model wrn-16-0", "model 'wrn-17-4': D, the depth, must be 6n + 4 from 10 to 1000",
        "helper-model 'wrn-16-0': W, the channel multiplier", "helper-model: arow uses")]
    [InlineData("trades", "dropout-mask none", "dropout-mask 'none' is unknown; known are shared independent")]
    [InlineData("pgd-at", "attack-loss kl;weight margin;divergence js;detach-weight true", "pgd-at needs ce or margin", "weight: pgd-at has no",
        "divergence: pgd-at", "detach-weight: pgd-at")]
    [InlineData("arow", "weight heavy;divergence ce;helper x;gamma 1;geometry-start 2;replays 3", "'heavy' is unknown; known are none non-robust",
        "'ce' is unknown; known are kl revkl js mse", "helper: arow", "gamma: arow", "geometry-start: arow", "replays: arow")]
    [InlineData("trades", "detach-weight true;awp 0;early-stop -1", "all samples have the same weight", "awp 0 is not positive", "early-stop -1")]
    [InlineData("arow", "awp-start 4;epochs 3", "awp-start needs awp", "awp-start 4 comes after")]
    [InlineData("hat", "helper a;helper-model resnet;gamma -1", "helper and helper-model", "'resnet' is unknown", "gamma -1")]
    [InlineData("fat-at", "attack-noise 2;attack-steps 3;attack-start none", "attack-steps 3: N-FGSM takes one step", "attack-start: N-FGSM",
        "attack-noise: fat-at stops early")]
    [InlineData("gair-at", "attack-noise -1;early-stop 3", "attack-noise -1 is not", "early-stop: N-FGSM", "attack-noise: gair-at counts steps")]
    [InlineData("standard", "attack-noise 2;cutout 1;cutmix 1.5", "attack-noise: standard trains without", "cutout 1 is not an integer of at least 2",
        "cutmix 1.5 is not in (0, 1]")]
    [InlineData("free", "attack-noise 2;epsilon-ramp 2", "attack-noise: free has no attack of its own", "epsilon-ramp: free")]
    [InlineData("standard", "epsilon-ramp 3;epochs 2", "epsilon-ramp 3 is longer than the run, 2 epochs", "epsilon-ramp: standard")]
    [InlineData("mart", "cutmix 1;weight margin;attack-loss margin;early-stop 2", "cutmix: mart needs one true class", "cutmix: weight margin",
        "cutmix: attack-loss margin", "cutmix: early-stop")]
    [InlineData("fat-trades", "adr true;adr-temperature 0,1;adr-share 0.5,2", "adr needs ema-decay", "adr-temperature 0,1 is not positive",
        "adr-share 0.5,2 is not in [0, 1]", "adr: fat-trades needs one true class")]
    [InlineData("arow", "adr-temperature 2,1;adr-share 0,1", "adr-temperature needs adr", "adr-share needs adr")]
    [InlineData("arow", "rand-augment 0;rand-augment-magnitude 31", "rand-augment 0 is not an integer of at least 1",
        "rand-augment-magnitude 31 is not in [0, 30]")]
    [InlineData("arow", "rand-augment-magnitude 3", "rand-augment-magnitude needs rand-augment")]
    [InlineData("arow", "adr-share 0.7", "adr-share '0.7' is not two numbers such as 0.7,0.95")]
    [InlineData("lbgat", "helper a", "lbgat trains its own helper network")]
    [InlineData("free", "attack-steps 3;early-stop 1;awp 0.005;accumulate 2;attack-loss margin", "attack-steps: free", "early-stop: free",
        "awp: free", "accumulate: free", "free needs ce")]
    [InlineData("standard", "early-stop 2;ema-warm-up true;accumulate 0", "early-stop: standard", "ema-warm-up needs", "accumulate 0")]
    [InlineData("arow", "norm l2", "norm l2 requires an epsilon: 8/255 is for linf")]
    [InlineData("arow", "norm l1;epsilon 1e300;threads 2147483647", "epsilon 1e300 exceeds", "threads 2147483647 is more than 1024")]
    [InlineData("arow", "epsilon 8/1e400", "epsilon '8/1e400' is not a number")]
    [InlineData("arow", "extra-data x;extra-fraction 1.5", "extra-fraction 1.5 is not in [0, 1]")]
    [InlineData("arow", "extra-fraction -0.5;extra-limit 5;drop-duplicates true", "extra-fraction -0.5 is not", "extra-fraction needs extra-data",
        "extra-limit needs", "drop-duplicates needs")]
    public void What_a_method_does_not_have_is_said_all_at_once(string objective, string options, params string[] says)
    {
        var fault = Assert.Throws<InputException>(() => RunFile.Read(null,
            [("dataset", "glyphs"), ("objective", objective), .. options.Split(';').Select(o => (o.Split(' ')[0], o.Split(' ')[1]))]));
        foreach (var part in says) Assert.Contains(part, fault.Message);
        Assert.True(says.Length == fault.Message.Replace("; known", ", known").Replace("; Architectures.Names", ", Architectures.Names").Split(';').Length, fault.Message);
    }

    [Fact]
    public void Every_method_that_has_an_attack_takes_one_by_cross_entropy()
    {
        foreach (var (name, method) in Catalog.Objectives.Where(o => o.Value.Create(1, 0).AttackLoss is not null))
        {
            var options = RunFile.Read(null, [("dataset", "glyphs"), ("objective", name), ("attack-loss", "ce")]);
            var attack = options.CreateAttack(options.CreateObjective());
            Assert.Equal("ce", attack is NoisyFgsm noisy ? noisy.Loss.Name : ((Pgd)attack!).Loss.Name);
        }
    }

    [Fact]
    public void Every_objective_has_an_attack_of_its_own()
    {
        Assert.Equal(2, ((Pgd)Attack(("objective", "fat-arow"))!).Tau);
        var fast = (Pgd)Attack(("objective", "fgsm-rs"), ("epsilon", "0.1"))!;
        Assert.Equal((1, 0.125), (fast.Steps, fast.StepSize));
        // Half of ε, and half of a step, in the second epoch of four; all of it afterwards.
        var ramp = RunFile.Read(null, [("dataset", "glyphs"), ("epsilon", "0.1"), ("epsilon-ramp", "4")]);
        Assert.Equal([0.025, 0.05, 0.1, 0.1],
            new[] { 1, 2, 4, 9 }.Select(epoch => ((Pgd)ramp.CreateAttack(ramp.CreateObjective(), epoch)!).Threat.Epsilon));
        Assert.Equal(0.0125, ((Pgd)ramp.CreateAttack(ramp.CreateObjective(), 2)!).StepSize, 1e-15);
        Assert.Equal((0.1, 2), Attack(("objective", "n-fgsm"), ("epsilon", "0.1")) is NoisyFgsm noisy ? (noisy.StepSize, noisy.NoiseSize) : default);
        // Under any objective, with a step of ε.
        Assert.Equal((0.1, 1.5, AttackLoss.Kl), Attack(("objective", "arow"), ("epsilon", "0.1"), ("attack-noise", "1.5")) is NoisyFgsm arows
            ? (arows.StepSize, arows.NoiseSize, arows.Loss) : default);

        static IAttack? Attack(params (string, string)[] given)
        {
            var options = RunFile.Read(null, [("dataset", "glyphs"), .. given]);
            return options.CreateAttack(options.CreateObjective());
        }
    }

    [Theory]
    [InlineData("{ \"dataset\": ", "line 1")]
    [InlineData("[1]", "a JSON object")]
    [InlineData("{ \"epochs\": {} }", "epochs")]
    [InlineData("{ \"dataset\": \"glyphs\", \"epochs\": 2.5 }", "integer")]
    public void A_file_that_is_none_is_named(string text, string says)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("bad.json"), text);
        var fault = Assert.Throws<InputException>(() => RunFile.Read(folder.File("bad.json"), []));
        Assert.Contains("bad.json", fault.Message);
        Assert.Contains(says, fault.Message);
    }

    [Fact]
    public void Every_recipe_is_a_run_file()
    {
        var recipes = Directory.GetFiles(Path.Combine(Repository.Root, "recipes"), "*.json");
        Assert.NotEmpty(recipes);
        var read = recipes.Select(recipe => RunFile.Read(recipe, [])).ToList();
        Assert.All(read, o => Assert.NotNull(o.Dataset));
        Assert.Empty(Catalog.Objectives.Keys.Except(read.Select(o => o.Objective)));
    }

    [Theory]
    [InlineData("8/255", 8.0 / 255)]
    [InlineData("0.03", 0.03)]
    [InlineData(" 1e-2 ", 0.01)]
    public void Fractions_keep_their_text(string text, double value)
    {
        var ratio = Ratio.Parse(text)!.Value;
        Assert.Equal(value, ratio.Value);
        Assert.Equal(text.Trim(), ratio.Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("1/0")]
    [InlineData("1/2/3")]
    [InlineData("NaN")]
    [InlineData("1/")]
    public void What_is_no_number_is_none(string text) => Assert.Null(Ratio.Parse(text));
}
