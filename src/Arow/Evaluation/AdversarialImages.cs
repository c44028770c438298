using Arow.Attacks;
using Arow.Data;
using Arow.IO;

namespace Arow.Evaluation;

/// <summary>
/// The adversarial images of an evaluation: PNG files in class folders, rounded to 8 bits within the ball, or their exact values in an
/// .npz file. Complete or not there at all.
/// </summary>
internal sealed class AdversarialImages : IDisposable
{
    private const string Extension = ".npz";

    private readonly string path;
    private readonly AttackRunner runner;
    private readonly AtomicFolder? folder;
    private readonly SortedDictionary<long, AdversarialImage> exact = [];
    private readonly Dictionary<long, bool> survives = [];

    /// <param name="path">The file or folder to create.</param>
    /// <param name="runner">The images and the classifier.</param>
    /// <exception cref="InputException">It exists, or cannot be written.</exception>
    public AdversarialImages(string path, AttackRunner runner)
    {
        (this.path, this.runner) = (path, runner);
        if (Validate(path) is { } fault) throw new InputException(fault);
        if (!IsArray(path)) folder = AtomicFolder.Begin(path);
    }

    /// <summary>Returns why nothing can be written there; null if it can.</summary>
    public static string? Validate(string path) =>
        Path.Exists(path) ? $"{path}: already exists; choose another"
        : (IsArray(path) ? OutputPath.ValidateFile(path) : OutputPath.ValidateFolder(path)) is { } fault ? $"{path} {fault}" : null;

    /// <summary>Adds the misclassified images of a batch. An image that was added before is replaced.</summary>
    /// <param name="attack">The attack.</param>
    /// <param name="batch">The attacked images.</param>
    public void Add(IAttack attack, AttackedBatch batch)
    {
        int[] broken = [.. Enumerable.Range(0, batch.Predicted.Count).Where(batch.IsMisclassified)];
        if (broken.Length == 0) return;
        using var scope = NewDisposeScope();
        var rows = tensor(broken.Select(i => (long)i).ToArray(), device: batch.XAdv.device);
        var (x, xAdv) = (batch.Originals.X.index_select(0, rows), batch.XAdv.index_select(0, rows));
        long[] indices = [.. broken.Select(i => runner.Indices[batch.Originals.Positions[i]])];
        if (folder is null)
        {
            var pixels = xAdv.cpu().contiguous().data<float>().ToArray();
            var size = pixels.Length / broken.Length;
            foreach (var (i, k) in broken.Index())
                exact[indices[i]] = new AdversarialImage(pixels[(i * size)..((i + 1) * size)], batch.Label[k], batch.Predicted[k]);
            return;
        }
        var rounded = EightBitRounding.Round(xAdv, x, attack.Threat);
        _ = PerturbationVerifier.Verify(attack, x, rounded, indices);
        var predicted = runner.Classifier(rounded).argmax(1).cpu().data<long>().ToArray();
        var bytes = (rounded * 255).round().to(ScalarType.Byte).cpu().contiguous().bytes.ToArray();
        var area = bytes.Length / broken.Length;
        foreach (var (i, k) in broken.Index())
        {
            survives[indices[i]] = predicted[i] != batch.Label[k];
            var file = Path.Combine(folder.TemporaryPath, SafeName(runner.Images.Classes[(int)batch.Label[k]]), FileName(indices[i]));
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, PictureCodec.EncodePng(bytes.AsSpan(i * area, area), runner.Images.Width, runner.Images.Height));
        }
    }

    /// <summary>Writes what was added.</summary>
    /// <returns>One sentence on it.</returns>
    public string Commit()
    {
        if (folder is not null)
        {
            folder.Commit();
            var lost = survives.Values.Count(adversarial => !adversarial);
            return $"{Count(survives.Count)} in {path}, rounded to 8 bits within the threat model"
                + (lost == 0 ? "." : $"; {lost} of them {(lost == 1 ? "is" : "are")} classified correctly once rounded: an .npz file keeps exact values.");
        }
        var images = runner.Images;
        using var scope = NewDisposeScope();
        Npz.WriteExact(path, [.. exact.Values.Select(image => image.Pixels)], [images.Channels, images.Height, images.Width],
            [("label", [.. exact.Values.Select(image => image.Label)]), ("predicted", [.. exact.Values.Select(image => image.Predicted)]),
                ("index", [.. exact.Keys])], images.Classes);
        return $"{Count(exact.Count)} in {path}, exact values.";
    }

    public void Dispose() => folder?.Dispose();

    private static bool IsArray(string path) => Path.GetExtension(path).Equals(Extension, StringComparison.OrdinalIgnoreCase);

    private static string Count(int count) => count == 1 ? "1 adversarial image is" : $"{count} adversarial images are";

    /// <summary>"000012-cat3.png".</summary>
    private string FileName(long index) => runner.Images.Origin is { } origin
        ? $"{index:D6}-{SafeName(Path.GetFileNameWithoutExtension(origin.Names[(int)index]))}.png" : $"{index:D6}.png";

    /// <summary>A name as a part of a path.</summary>
    private static string SafeName(string name)
    {
        var safe = string.Concat(name.Select(letter => letter is '/' or '\\' or ':' || char.IsControl(letter) ? '-' : letter)).TrimStart('.');
        return safe.Length == 0 ? "-" : safe;
    }

    /// <param name="Pixels">[C, H, W], in [0, 1].</param>
    /// <param name="Label">Its class.</param>
    /// <param name="Predicted">The predicted class.</param>
    private sealed record AdversarialImage(float[] Pixels, long Label, long Predicted);
}
