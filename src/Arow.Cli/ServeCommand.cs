using System.CommandLine;
using System.Net;
using Arow.Cli.Serving;
using Arow.Inference;
using Arow.Runtime;

namespace Arow.Cli;

/// <summary><c>arow serve</c>: a page and a JSON endpoint that classify and attack pictures.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var model = Target.Model();
        var settings = new SettingOptions<ServeOptions>(ServeOptions.Settings);
        var command = new Command("serve", """
            Show a trained model in a browser: drop a picture, see its class, attack it.

            POST /predict and POST /attack take a picture and answer in JSON, with the fields of predict --json.
            Pictures of at most 10 MiB. Ctrl-C ends. Exit codes: 2 bad input or port in use, 130 and 143 stopped.

            Examples:
              arow serve runs/photos
              curl --data-binary @cat.jpg http://127.0.0.1:8765/predict
              curl --data-binary @cat.jpg 'http://127.0.0.1:8765/attack?attack=pgd20&epsilon=8/255&norm=linf'
            """) { model };
        settings.AddTo(command);
        command.SetAction(parsed =>
        {
            var problems = new List<string>();
            var options = settings.Read(parsed, new ServeOptions(), problems);
            problems.AddRange(options.Validate("--"));
            var (_, run) = Target.Locate(parsed.GetValue(model)!, problems);
            if (problems.Count > 0) throw new InputException(string.Join("; ", problems));
            return StopSignals.RunCancellable(signals =>
            {
                signals.Left = null;
                ArowRuntime.Initialize();
                if (options.Threads is { } limit) TorchSharp.torch.set_num_threads(limit);
                var predictor = Predictor.Open(parsed.GetValue(model)!, options.PredictorOptions with { Top = options.Top });
                foreach (var remark in predictor.Remarks) Messages.Warn(remark);
                Serve(new PictureService(predictor, run?.Threat, SamplePictures.Find(run?.Dataset, predictor.Input),
                    TimeSpan.FromSeconds(options.TimeLimit)), options, signals.Token).GetAwaiter().GetResult();
                return signals.ExitCode;
            });
        });
        return command;
    }

    private static async Task Serve(PictureService service, ServeOptions options, CancellationToken stop)
    {
        var server = await PictureServer.Start(service, options.Address!, options.Port, stop);
        if (!IPAddress.IsLoopback(options.Address!)) Messages.Warn(
            $"warning: --host {options.Host} lets every machine that reaches this one use the model, without password or encryption");
        Console.WriteLine($"Listening on {server.Url}; Ctrl-C ends");
        await Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, TaskScheduler.Default);
        await server.Stop();
    }
}
