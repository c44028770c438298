namespace Arow.Tests.Unit.Cli;

/// <summary>Exit code 2, one line, and nothing written; as a process in BadInputIsRefused.</summary>
public sealed class BadInputTests
{
    public static TheoryData<string, string> Cases => new()
    {
        { "trian", "'trian' is no command of 'arow'; did you mean train?" },
        { "evalu runs/a", "did you mean evaluate?" },
        { "data ftch", "'ftch' is no command of 'arow data'; did you mean fetch?" },
        { "nonsense", "'nonsense' is no command of 'arow'; 'arow --help' lists them" },
        { "help nonsense", "'nonsense' is no command of 'arow'; 'arow --help' lists them" },
        { "train --config x.json", "unknown option --config of 'train'; 'arow train --help' lists them" },
        { "train", "dataset is missing" },
        { "train --dataset glyphs --lamda 3", "--lamda" },
        { "train --dataset glyphs --epochs", "--epochs" },
        { "train --dataset glyphs --epochs zero", "'zero' is not an integer" },
        { "train --dataset nowhere", "known are glyphs" },
        { "train --dataset mnist", "--data-dir" },
        { "train --dataset mnist --data-dir nowhere", "nowhere" },
        { "train --dataset glyphs --model resnet19", "model 'resnet19' is unknown (did you mean resnet18?); 'arow models' lists the known ones" },
        { "train --dataset glyphs --model wrn-100000-9 --dropout 2",
            "model 'wrn-100000-9': D, the depth, must be 6n + 4 from 10 to 1000: 10, 16, 22, 28, 34, 40 …; dropout 2 is not in [0, 1)" },
        { "train --dataset glyphs --objective arrow", "known are standard pgd-at" },
        { "train --dataset glyphs --epsilon 8", "8/255" },
        { "train --datasets glyphs --epoch 3", "unknown option --epoch of 'train'; did you mean --epochs?" },
        { "train --dataset glyphs --norm l2", "8/255 is for linf" },
        { "train --dataset glyphs --objective standard --lambda 2", "standard has none" },
        { "train --dataset glyphs --limit-train 10 --validation 10", "leaves nothing" },
        { "train --dataset glyphs --device cuda", "cuda" },
        { "train nothing.json", "nothing.json" },
        { "train /dev/zero", "is not a regular file but a device" },
        { "compare /dev/zero", "is not a regular file but a device" },
        { "train --output run --resume", "dataset is missing" },
        { "evaluate", "evaluate" },
        { "evaluate nowhere --dataset glyphs", "nowhere" },
        { "evaluate broken.safetensors --dataset glyphs", "broken.safetensors" },
        { "evaluate broken.safetensors --dataset glyphs --attack fgms --norm l3 --limit 0", "'fgms' is unknown" },
        { "evaluate broken.safetensors --dataset glyphs --norm l2 --threads 2000000000 --surrogate-model tiny-cnn",
            "norm l2 requires an epsilon: 8/255 is for linf; --threads 2000000000 is more than 1024" },
        { "evaluate broken.safetensors --dataset glyphs --norm l2 --epsilon 1e300 --attack clean --steps 3",
            "epsilon 1e300 exceeds the distance of any two images; clean: not applicable: steps" },
        { "evaluate broken.safetensors --dataset glyphs --threads many --epsilon -1", "--threads 'many' is not an integer of at least 1" },
        { "evaluate broken.safetensors --dataset glyphs --key ema", "the key 'ema' applies only to PyTorch checkpoints" },
        { "data fetch nowhere", "known are glyphs" },
        { "data verify fashion-mnist --data-dir nowhere", "nowhere" },
        { "data preview glyphs", "output" },
        { "data verify broken.safetensors", "folder --data-dir broken.safetensors" },
        { "data resize nowhere --size 64x --output new", "--size '64x' is not a size" },
        { "data resize nowhere --size 64 --output new", "nowhere: no such folder or archive" },
        { "train --dataset glyphs --output broken.safetensors/run", "broken.safetensors is a file" },
        { "data fetch mnist --data-dir broken.safetensors", "is a file; a folder is required" },
    };

    [Theory, MemberData(nameof(Cases))]
    public void It_is_refused_with_one_line_and_nothing_written(string command, string says)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("broken.safetensors"), "not weights at all");
        Ended.AssertRefused(folder.Path, command, says);
    }
}
