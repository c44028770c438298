namespace Arow.Tests.Unit.Cli;

/// <summary>Options of commands on a run that make no sense.</summary>
public sealed class RefusedOptionsTests(RefusedOptionsTests.Run run) : IClassFixture<RefusedOptionsTests.Run>
{
    [Theory]
    [InlineData("analyze nowhere", "nowhere: no such run folder or file", "--dataset is missing")]
    [InlineData("analyze run --split valid --attack pgd21 --limit 0", "known are train test", "'pgd21' is unknown", "--limit 0")]
    [InlineData("analyze run --epsilons 0,8 --steps 1,x --landscape -1", "8/255 meant?", "--steps '1,x'",
        "--landscape -1 is not an integer of at least 0")]
    [InlineData("analyze run --landscape 0 --steps 3", "leaves out the curves")]
    [InlineData("analyze run --against-model tiny-cnn", "requires --against")]
    [InlineData("analyze run --against nowhere", "nowhere: no such run folder or file")]
    [InlineData("analyze run --attack cw", "cw")]
    [InlineData("analyze run --surrogate run", "unknown option --surrogate")]
    [InlineData("analyze run --output run", "holds no analysis")]
    [InlineData("analyze run --against other.safetensors --limit 5", "other.safetensors")]
    [InlineData("evaluate run --dataset glyphs --attack clean --limit 80 --threads 1 --output refused --mean 0.5", "--mean and --std must be given together")]
    [InlineData("evaluate run --dataset glyphs --attack clean --limit 80 --threads 1 --output refused --mean 0.5 --std 0", "--std 0 is not positive")]
    [InlineData("evaluate run --dataset glyphs --attack clean --limit 80 --threads 1 --output refused --mean x --std 1", "--mean 'x' is not one number")]
    [InlineData("evaluate run --dataset glyphs --attack clean --limit 80 --threads 1 --output refused --mean 0.1,0.2 --std 1", "the given normalisation has a mean of 2 numbers")]
    [InlineData("evaluate run --dataset glyphs --attack clean --limit 80 --threads 1 --output refused --surrogate nowhere", "--surrogate nowhere: no such")]
    [InlineData("evaluate run --dataset glyphs --attack clean --limit 80 --threads 1 --output refused --surrogate-model resnet19", "--surrogate-model 'resnet19' is unknown")]
    [InlineData("evaluate run --output refused --attack fgsm --steps 3", "not applicable: steps")]
    [InlineData("evaluate run --output refused --attack clean --steps 3", "clean: not applicable: steps")]
    [InlineData("evaluate run --output refused --attack pgd20 --queries 100 --steps 3", "not applicable: queries")]
    [InlineData("evaluate run --output refused --attack pgd20 --steps 0", "--steps 0 is not an integer of at least 1")]
    [InlineData("evaluate run --output refused --attack pgd20,pgd20", "is given twice")]
    [InlineData("evaluate run --output refused --randomness random", "known are keyed published")]
    [InlineData("evaluate run --output refused --precision half", "known are auto exact fast")]
    [InlineData("evaluate run --output refused --stop-below 40", "--stop-below 40 is not in [0, 1]")]
    [InlineData("evaluate run --output refused --fail-under x", "--fail-under 'x' is not an accuracy from 0 to 1")]
    [InlineData("evaluate run --output refused --stop-below 0.5 --fail-under 0.4", "--stop-below 0.5 exceeds --fail-under 0.4")]
    [InlineData("evaluate run --output refused --attack clean --stop-below 0.5", "stop-below needs an attack")]
    public void They_are_refused_in_one_line(string command, params string[] says) => Ended.AssertRefused(run.Folder, command, says);

    /// <summary>A folder with a trained <c>run</c>, and a file that is no model.</summary>
    public sealed class Run : IDisposable
    {
        private readonly TemporaryFolder folder = new();

        public Run()
        {
            TrainedRun.Make(folder.File("run"), measures: false);
            File.WriteAllText(folder.File("other.safetensors"), "no weights");
        }

        public string Folder => folder.Path;

        public void Dispose() => folder.Dispose();
    }
}
