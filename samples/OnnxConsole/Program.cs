// Classifies pictures with a file of arow export --format onnx: OnnxConsole MODEL.onnx PICTURE…
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

using var session = new InferenceSession(args[0]);
var input = session.InputMetadata["images"].Dimensions;
var (channels, height, width) = (input[1], input[2], input[3]);
var classes = session.ModelMetadata.CustomMetadataMap["class_names"].Split('\n');

foreach (var path in args.Skip(1))
{
    var images = new DenseTensor<float>(Pixels.Read(path, channels, height, width), [1, channels, height, width]);
    using var results = session.Run([NamedOnnxValue.CreateFromTensor("images", images)]);
    var logits = results.First(r => r.Name == "logits").AsEnumerable<float>().ToArray();
    var best = Array.IndexOf(logits, logits.Max());
    var sum = logits.Sum(z => Math.Exp(z - logits[best]));
    Console.WriteLine($"{path}: {classes[best]} {100 / sum:f1} %");
}
