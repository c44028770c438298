// Classifies pictures that are posted: WebEndpoint MODEL [--urls http://127.0.0.1:5000]
//   curl --data-binary @cat.jpg http://127.0.0.1:5000/predict
using System.Threading.Channels;
using Arow.Errors;
using Arow.Inference;
using Arow.Runtime;

const int LargestPicture = 10 << 20, Predictors = 2;

ArowRuntime.Initialize();
var builder = WebApplication.CreateBuilder(args[1..]);
builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = LargestPicture);
await using var app = builder.Build();

// A predictor runs its model for one request at a time: as many as there are cores to spare.
var pool = Channel.CreateUnbounded<Predictor>();
for (var i = 0; i < Predictors; i++) await pool.Writer.WriteAsync(Predictor.Open(args[0]));

app.MapPost("/predict", async (HttpRequest request, CancellationToken stop) =>
{
    using var picture = new MemoryStream();
    await request.Body.CopyToAsync(picture, stop);
    var predictor = await pool.Reader.ReadAsync(stop);
    try
    {
        var prediction = predictor.Predict(picture.ToArray());
        return Results.Ok(new { prediction.Class, prediction.Index, prediction.Confidence, prediction.Top });
    }
    catch (InputException fault)
    {
        return Results.BadRequest(new { Error = fault.Message });
    }
    finally
    {
        pool.Writer.TryWrite(predictor);
    }
});

await app.RunAsync();
