using System.CommandLine;
using Arow.Data;
using Arow.IO;
using Arow.Registry;
using Arow.Runtime;
using Spectre.Console;

namespace Arow.Cli;

/// <summary><c>arow data</c>: what there is, bringing it, checking it, looking at it.</summary>
internal static class DataCommand
{
    private static readonly Argument<string> NameArgument = new("NAME") { Description = $"data set: {Catalog.Names(Catalog.DataSets)}" };

    private static readonly Option<string?> FolderOption = new("--data-dir")
    {
        Description = "folder that holds the files (fetch: [data/NAME])",
        HelpName = "DIR",
    };

    /// <summary>The command, for the program's root.</summary>
    public static Command Create() =>
        new("data", "Lists, fetches, checks, resizes and shows data sets.\n\nExamples:\n"
            + "  arow data list\n"
            + "  arow data fetch cifar10 --data-dir data/cifar10\n"
            + "  arow data verify folder --data-dir my-images\n"
            + "  arow data resize photographs --size 64 --output photos\n"
            + "  arow data preview glyphs --output glyphs.png")
        {
            List(), Fetch(), Verify(), Resize(), Preview(),
        };

    private static Command List()
    {
        var command = new Command("list", "The data sets there are.");
        command.SetAction(_ =>
        {
            var table = new Table().Border(TableBorder.Simple).AddColumns("name", "what it is", "where it comes from");
            foreach (var set in Catalog.DataSets.Values)
            {
                var source = set.Files.Count > 0 ? set.Files[0].Address.Host
                    : set.IsGenerated ? "drawn by this program" : "--data-dir";
                table.AddRow(new Text(set.Name), new Text(set.Title), new Text(source));
            }
            Terminal(Console.Out, Console.IsOutputRedirected).Write(table);
            return 0;
        });
        return command;
    }

    private static Command Fetch()
    {
        var from = new Option<string?>("--from")
        {
            Description = "another address that has the files, such as a mirror; checksums are those of the official ones",
            HelpName = "URL",
        };
        var command = new Command("fetch", "Downloads a data set from its makers; goes on where a download broke off.\n\nExample:\n"
            + "  arow data fetch fashion-mnist --data-dir data/fashion-mnist") { NameArgument, FolderOption, from };
        command.SetAction(async (parsed, stop) =>
        {
            var set = Find(parsed);
            if (set.Files.Count == 0)
                throw new InputException(
                    $"{set.Name}: has nothing to fetch: it is {(set.IsGenerated ? "drawn by this program" : "your own folder")}");
            var folder = parsed.GetValue(FolderOption) ?? Path.Combine("data", set.Name);
            if (OutputPath.ValidateFolder(folder) is { } fault) throw new InputException($"--data-dir {folder} {fault}");
            using var download = new Download(Mirror(parsed.GetValue(from)));
            foreach (var file in set.Files) await DownloadFile(download, file, folder, stop);
            Console.WriteLine($"{set.Name} is in {folder}: --dataset {set.Name} --data-dir {folder}");
            return 0;
        });
        return command;
    }

    private static Command Verify()
    {
        var command = new Command("verify",
            "Says of a data set which files are there and official, whether it loads, and what is in its images.\n\nExample:\n"
            + "  arow data verify fashion-mnist --data-dir data/fashion-mnist") { NameArgument, FolderOption };
        command.SetAction(parsed =>
        {
            var (set, folder) = (Find(parsed), parsed.GetValue(FolderOption));
            if (set.Files.Count > 0 && folder is not null)
            {
                foreach (var check in FileCheck.CheckAll(set, folder)) Console.WriteLine(Describe(check));
            }
            ArowRuntime.Initialize();
            var inspection = new DataInspection();
            try
            {
                foreach (var (split, images) in set.LoadAll(folder))
                {
                    using (images) inspection.Add(split, images);
                }
            }
            finally
            {
                foreach (var line in DataLines.Format(inspection, detailed: true, "", Console.IsOutputRedirected)) Console.WriteLine(line);
            }
            return 0;
        });
        return command;
    }

    private static Command Resize()
    {
        var source = new Argument<string>(
            "FOLDER")
        { Description = "folder, or archive (.zip, .tar, .tar.gz, .tar.bz2), with PNG and JPEG images at any depth" };
        var size = new Option<string>("--size") { Description = "of the images to make, in pixels", HelpName = "N|WxH", Required = true };
        var output = new Option<string>("--output") { Description = "folder to make, of the same form", HelpName = "DIR", Required = true };
        var background = new Option<string?>("--background")
        {
            Description =
            "what to lay behind transparent pixels: white, black, grey or #rrggbb [their own colour is kept]", HelpName = "COLOUR"
        };
        var command = new Command("resize",
            "Makes photographs of any sizes into images of one: turned upright, cut around the middle, averaged.\n\nExample:\n"
            + "  arow data resize photographs --size 64 --output photos") { source, size, output, background };
        command.SetAction(parsed => StopSignals.RunCancellable(signals =>
        {
            var (width, height) = ParseSize(parsed.GetValue(size)!);
            var line = new ProgressLine();
            var folder = parsed.GetValue(output)!;
            var colour = parsed.GetValue(background);
            var resizing = new ImageResizer(width, height)
            {
                Background = colour is null ? null : Background.Parse(colour)
                    ?? throw new InputException($"--background '{colour}' is no colour; white, black, grey and #rrggbb are known"),
                OnProgress = (done, all) => line.Update(() => $"{ProgressLine.Bar((double)done / all)} {done} of {all} images"),
                OnWarning = text => line.WriteLine($"arow: {text}"),
            };
            var count = resizing.Run(parsed.GetValue(source)!, folder, signals.Token);
            line.Clear();
            Console.WriteLine($"{count} images of {width}x{height} are in {folder}: --dataset folder --data-dir {folder}");
            return 0;
        }));
        return command;
    }

    private static ImageSize ParseSize(string text) =>
        ImageSize.Parse(text) ?? throw new InputException($"--size '{text}' is not {ImageSize.Expected}");

    private static Command Preview()
    {
        var output = new Option<string>("--output") { Description = "the picture to write", HelpName = "FILE.png", Required = true };
        var seed = new Option<long>("--seed") { Description = "draws the images [0]", HelpName = "N" };
        var columns = new Option<int>("--columns") { Description = "images of each class [10]", HelpName = "N", DefaultValueFactory = _ => 10 };
        var test = new Option<bool>("--test") { Description = "of the test half instead of the training half" };
        var command = new Command("preview", "Draws some images of each class, a row for each, as a PNG picture.\n\nExample:\n"
            + "  arow data preview glyphs --output glyphs.png") { NameArgument, FolderOption, output, seed, columns, test };
        command.SetAction(parsed =>
        {
            var (set, path, count) = (Find(parsed), parsed.GetValue(output)!, parsed.GetValue(columns));
            if (count is < 1 or > 100) throw new InputException($"columns {count} is not from 1 to 100");
            if (OutputPath.ValidateFile(path) is { } fault) throw new InputException($"--output {path} {fault}");
            ArowRuntime.Initialize();
            using var images = set.Load(parsed.GetValue(test) ? Split.Test : Split.Train, parsed.GetValue(FolderOption));
            var picture = ContactSheet.RenderPng(images, count, parsed.GetValue(seed));
            AtomicFile.Write(path, file => file.Write(picture));
            Console.WriteLine($"{path}: rows from the top are {string.Join(", ", images.Classes.Select(Printable.Escape))}");
            return 0;
        });
        return command;
    }

    private static IDataSet Find(ParseResult parsed)
    {
        var name = parsed.GetValue(NameArgument)!;
        return Catalog.DataSets.ContainsKey(name) || !Path.Exists(name) ? Catalog.Find("data set", name, Catalog.DataSets)
            : throw new InputException(
                $"data set '{name}' is unknown; if your own images are in {name}, name the set and the place: folder --data-dir {name}");
    }

    private static Uri? Mirror(string? address) =>
        address is null ? null
        : Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri
        : throw new InputException($"--from '{address}' is no address such as https://mirror.example/files");

    private static async Task DownloadFile(Download download, RemoteFile file, string folder, CancellationToken stop)
    {
        var fresh = false;
        if (Console.IsErrorRedirected)
        {
            var tenths = -1;
            fresh = await download.FetchAsync(file, folder, step =>
            {
                if ((int)(step.Percent / 10) <= tenths) return;
                tenths = (int)(step.Percent / 10);
                Console.Error.WriteLine($"{file.Name}: {step.Percent:0} % of {Size(step.Total)}, {Size(step.BytesPerSecond)}/s");
            }, stop);
        }
        else
        {
            await Terminal(Console.Error, redirected: false).Progress()
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(),
                    new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
                .StartAsync(async context =>
                {
                    var bar = context.AddTask(Markup.Escape(file.Name), maxValue: file.Bytes);
                    fresh = await download.FetchAsync(file, folder, step => bar.Value = step.Done, stop);
                    bar.Value = file.Bytes;
                });
        }
        await Console.Error.WriteLineAsync($"{file.Name}: {(fresh ? "fetched" : "was there already")}, checksum right");
    }

    private static string Describe(FileCheck check)
    {
        if (check.Bytes is not { } bytes)
        {
            return check.Substitutes.Count == 0 ? $"{check.File.Name}: absent"
                : $"{check.File.Name}: not there itself; "
                    + $"{check.Substitutes[0]}{(check.Substitutes.Count > 1 ? $" and {check.Substitutes.Count - 1} more are" : " is")} read "
                    + $"instead, which is compared with no official checksum";
        }
        if (check.IsOfficial) return $"{check.File.Name}: official, {bytes} bytes";
        var size = bytes == check.File.Bytes ? $"{bytes} bytes as the official one" : $"{bytes} bytes where the official one has {check.File.Bytes}";
        return $"{check.File.Name}: not the official file: {size}, checksum {check.Md5} where {check.File.Md5} is official";
    }

    private static string Size(double bytes) => bytes switch
    {
        >= 1e6 => FormattableString.Invariant($"{bytes / 1e6:0.0} MB"),
        >= 1e3 => FormattableString.Invariant($"{bytes / 1e3:0.0} kB"),
        _ => FormattableString.Invariant($"{bytes:0} bytes"),
    };

    private static IAnsiConsole Terminal(TextWriter writer, bool redirected)
    {
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        // Where there is no terminal nothing has to be wrapped.
        if (redirected) terminal.Profile.Width = 200;
        return terminal;
    }
}
