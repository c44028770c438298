// Classifies pictures with a file of arow export --format onnx: OnnxConsole MODEL.onnx PICTURE…
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SkiaSharp;

using var session = new InferenceSession(args[0]);
var input = session.InputMetadata["images"].Dimensions;
var (channels, height, width) = (input[1], input[2], input[3]);
var classes = session.ModelMetadata.CustomMetadataMap["class_names"].Split('\n');

foreach (var path in args.Skip(1))
{
    var images = new DenseTensor<float>([1, channels, height, width]);
    Fill(images, path);
    using var results = session.Run([NamedOnnxValue.CreateFromTensor("images", images)]);
    var logits = results.First(r => r.Name == "logits").AsEnumerable<float>().ToArray();
    var best = Array.IndexOf(logits, logits.Max());
    var sum = logits.Sum(z => Math.Exp(z - logits[best]));
    Console.WriteLine($"{path}: {classes[best]} {100 / sum:f1} %");
}

// The model takes pixels in [0, 1], plane after plane; its normalisation is in the file. A picture of another size is cut around the middle and
// averaged, as in training.
void Fill(DenseTensor<float> images, string path)
{
    using var picture = SKBitmap.Decode(path);
    using var sized = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
    using (var canvas = new SKCanvas(sized))
    {
        var scale = Math.Max((float)width / picture.Width, (float)height / picture.Height);
        canvas.Translate((width - scale * picture.Width) / 2, (height - scale * picture.Height) / 2);
        canvas.Scale(scale);
        canvas.DrawBitmap(picture, 0, 0, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Nearest));
    }
    for (var y = 0; y < height; y++)
    {
        for (var x = 0; x < width; x++)
        {
            var colour = sized.GetPixel(x, y);
            if (channels == 1)
            {
                images[0, 0, y, x] = (299 * colour.Red + 587 * colour.Green + 114 * colour.Blue) / 255000f;
                continue;
            }
            (images[0, 0, y, x], images[0, 1, y, x], images[0, 2, y, x]) = (colour.Red / 255f, colour.Green / 255f, colour.Blue / 255f);
        }
    }
}
