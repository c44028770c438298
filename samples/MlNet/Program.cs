// Classifies pictures in an ML.NET pipeline with a file of arow export --format onnx --probabilities: MlNet MODEL.onnx PICTURE…
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

// ML.NET does not show a file's metadata; ONNX Runtime, which it computes with, does.
int[] shape;
string[] classes;
using (var session = new InferenceSession(args[0]))
{
    shape = [1, .. session.InputMetadata["images"].Dimensions[1..]];
    classes = session.ModelMetadata.CustomMetadataMap["class_names"].Split('\n');
}

var context = new MLContext();
var schema = SchemaDefinition.Create(typeof(Picture));
schema["images"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, shape[1] * shape[2] * shape[3]);
var pictures = context.Data.LoadFromEnumerable(
    args.Skip(1).Select(path => new Picture { Path = path, Images = Pixels.Read(path, shape[1], shape[2], shape[3]) }), schema);
var pipeline = context.Transforms.ApplyOnnxModel(
    ["probabilities"], ["images"], args[0], new Dictionary<string, int[]> { ["images"] = shape }, recursionLimit: 100);
foreach (var answer in context.Data.CreateEnumerable<Answer>(pipeline.Fit(pictures).Transform(pictures), reuseRowObject: false))
{
    var best = Array.IndexOf(answer.Probabilities, answer.Probabilities.Max());
    Console.WriteLine($"{answer.Path}: {classes[best]} {100 * answer.Probabilities[best]:f1} %");
}

internal sealed class Picture
{
    public string Path { get; set; } = "";

    [ColumnName("images")]
    public float[] Images { get; set; } = [];
}

internal sealed class Answer
{
    public string Path { get; set; } = "";

    [ColumnName("probabilities")]
    public float[] Probabilities { get; set; } = [];
}
