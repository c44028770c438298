using System.Text.RegularExpressions;

namespace Arow.Checkpoints;

/// <summary>What running a model on synthetic images shows.</summary>
/// <param name="Classifier">Maps any number of images [N, C, H, W] in [0, 1] to float32 logits [N, K].</param>
/// <param name="Access">What attacks can access.</param>
/// <param name="Remarks">How its input and output were adapted, one sentence each.</param>
/// <param name="AccessReason">Why there are no gradients, to follow "has no gradients: "; null if there are.</param>
internal sealed record ProbedModel(Classifier Classifier, Access Access, IReadOnlyList<string> Remarks, string? AccessReason);

/// <summary>Runs a model on two synthetic images before any evaluation, so that mismatches are reported at once.</summary>
internal static partial class ModelProbe
{
    /// <summary>Images in which a model that limits its output to [0, 1] by itself still gives values in [0, 1].</summary>
    private static readonly float[] Exaggerations = [-1000, -10, 10, 1000];

    /// <summary>
    /// Returns the model as a function of any number of images: the model itself, or image by image if it accepts only one at a time,
    /// as traced models may.
    /// </summary>
    /// <param name="source">Source of the model.</param>
    /// <param name="f">The model.</param>
    /// <param name="gradients">Whether the model must have gradients.</param>
    /// <exception cref="InputException">The output is not one logit per class and image.</exception>
    public static Classifier Verify(ModelSource source, Classifier f, bool gradients)
    {
        var probed = Probe(source, f, gradients);
        return !gradients || probed.AccessReason is null ? probed.Classifier
            : throw new InputException($"{source.Path}: has no gradients: {probed.AccessReason}");
    }

    /// <summary>Runs a model and adapts it to the images.</summary>
    /// <param name="source">Source of the model.</param>
    /// <param name="f">The model. It must accept the images' device.</param>
    /// <param name="gradients">Whether it may have gradients.</param>
    /// <param name="quantized">Whether it is known to be quantized, for the reason why there are no gradients.</param>
    /// <exception cref="InputException">The output is neither logits nor labels of the images.</exception>
    public static ProbedModel Probe(ModelSource source, Classifier f, bool gradients, bool quantized = false)
    {
        string? error = null;
        foreach (var (form, remark) in InputForms(source, f))
        {
            if (TryOutput(source, form, gradients, quantized, out var found) is not { } mismatch)
            {
                return found! with { Remarks = remark is null ? found.Remarks : [remark, .. found.Remarks] };
            }
            error ??= mismatch;
        }
        throw new InputException($"{source.Path}: {error}");
    }

    /// <summary>Calls a function with synthetic images until it accepts some: two or one, as they are or grey ones repeated.</summary>
    /// <returns>The error of the first call, null if one succeeded.</returns>
    public static string? TryFirst(ModelSource source, Action<Tensor> use)
    {
        string? error = null;
        foreach (var repeated in (bool[])(source.Input.Channels == 1 ? [false, true] : [false]))
        {
            foreach (var count in (int[])[2, 1])
            {
                using var scope = NewDisposeScope();
                try
                {
                    var images = CreateImages(source, count);
                    use(repeated ? RepeatGrey(images) : images);
                    return null;
                }
                catch (Exception e) when (e is not (InputException or OutOfMemoryException))
                {
                    error ??= DescribeRefusal(source, e);
                }
            }
        }
        return error;
    }

    /// <summary>Repeats the channel of grey images: [N, 3, H, W].</summary>
    public static Tensor RepeatGrey(Tensor images) => images.expand(-1, 3, -1, -1);

    /// <summary>The remark on <see cref="RepeatGrey"/>.</summary>
    public static string GreyRemark(ModelSource source) =>
        $"{source.Path}: expects color images: the grey images are repeated in its three channels; perturbations stay grey.";

    /// <summary>
    /// Reduces a native library's message to one line: the last line, which states the error, or the first one if the message goes on
    /// to quote code.
    /// </summary>
    public static string NativeErrorMessage(Exception exception)
    {
        var lines = exception.Message.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)
            .TakeWhile(line => !line.StartsWith("Exception raised from", StringComparison.Ordinal)).ToList();
        var quotesCode = lines.Exists(l => l.EndsWith("<--- HERE", StringComparison.Ordinal));
        var line = lines.LastOrDefault(l => l.Contains("Error:", StringComparison.Ordinal))
            ?? (quotesCode ? lines[0] : lines.LastOrDefault()) ?? "no reason given";
        const string Prefix = "RuntimeError: ";
        if (line.StartsWith(Prefix, StringComparison.Ordinal)) line = line[Prefix.Length..];
        line = SourcePlace().Replace(line, "");
        return line.Length > 300 ? $"{line[..300]}…" : line;
    }

    /// <summary>The ways to pass images, in the order in which they are tried.</summary>
    private static IEnumerable<(Classifier Form, string? Remark)> InputForms(ModelSource source, Classifier f)
    {
        yield return (f, null);
        yield return (OneByOne(f), null);
        if (source.Input.Channels != 1) yield break;
        Tensor Repeated(Tensor images)
        {
            using var scope = NewDisposeScope();
            return f(RepeatGrey(images)).MoveToOuterDisposeScope();
        }
        yield return (Repeated, GreyRemark(source));
        yield return (OneByOne(Repeated), GreyRemark(source));

        static Classifier OneByOne(Classifier f) => images =>
        {
            using var scope = NewDisposeScope();
            return cat([.. images.split(1, 0).Select(image => f(image))], 0).MoveToOuterDisposeScope();
        };
    }

    /// <summary>Runs a model on two images and finds out what its output means; returns what is wrong with it.</summary>
    private static string? TryOutput(ModelSource source, Classifier f, bool gradients, bool quantized, out ProbedModel? found)
    {
        found = null;
        const int Count = 2;
        using var scope = NewDisposeScope();
        try
        {
            Tensor z;
            using (no_grad()) z = f(CreateImages(source, Count));
            var (adapted, access, remarks, error) = AdaptOutput(source, f, z, Count);
            if (error is not null) return error;
            if (!z.isfinite().all().item<bool>()) return "gives logits that are not finite";
            if (access != Access.Scores || !gradients)
            {
                var labels = access == Access.Labels ? "it returns labels instead of logits" : null;
                found = new ProbedModel(adapted!, access, labels is null ? remarks : [.. remarks, $"{source.Path}: has no gradients: {labels}."], labels);
                return null;
            }
            var reason = FindMissingGradients(source, adapted!, quantized);
            found = reason is null ? new ProbedModel(adapted!, Access.Gradients, remarks, null)
                : new ProbedModel(adapted!, Access.Scores, [.. remarks, $"{source.Path}: has no gradients: {reason}."], reason);
            return null;
        }
        catch (Exception e) when (e is not (InputException or OutOfMemoryException))
        {
            return DescribeRefusal(source, e);
        }
    }

    /// <summary>Returns the model with float32 logits [N, K], what they allow, and how they were obtained; or what is wrong.</summary>
    private static (Classifier? F, Access Access, IReadOnlyList<string> Remarks, string? Error) AdaptOutput(
        ModelSource source, Classifier f, Tensor z, int count)
    {
        var shape = z.shape;
        if (z.is_floating_point() && source.Classes == 2 && shape.Length > 0 && shape[0] == count && z.numel() == count)
            return AdaptSingleLogit(source, f);
        if (z.is_floating_point() && shape.Length > 2 && shape[0] == count && shape[1] == source.Classes && z.numel() == count * shape[1])
        {
            return (Then(f, y => y.reshape(y.shape[0], -1).to(ScalarType.Float32)), Access.Scores,
                [$"{source.Path}: gives logits [{string.Join(", ", shape)}] for {count} images, read as [{count}, {shape[1]}]."], null);
        }
        if (z.dtype == ScalarType.Int64 && shape is [var labels] && labels == count && source.Classes > 0)
        {
            Tensor OneHot(Tensor y) => nn.functional.one_hot(y.clamp(0, source.Classes - 1), source.Classes).to(ScalarType.Float32);
            return (Then(f, OneHot), Access.Labels, [], null);
        }
        if (z.dim() != 2 || shape[0] != count || !z.is_floating_point())
        {
            return (null, default, [], $"gives a {z.dtype} tensor [{string.Join(", ", shape)}] for {count} images of {source.Input} instead of logits "
                + $"[{count}, {source.Classes}]");
        }
        return shape[1] != source.Classes ? (null, default, [], source.DescribeMismatch(shape[1]))
            : (z.dtype == ScalarType.Float32 ? f : Then(f, y => y.to(ScalarType.Float32)), Access.Scores, [], null);
    }

    /// <summary>A model with one output z for two classes: logits [0, z], or those of the probability if it is one.</summary>
    private static (Classifier F, Access Access, IReadOnlyList<string> Remarks, string? Error) AdaptSingleLogit(ModelSource source, Classifier f)
    {
        var positive = source.OutputClassNames is [_, var second] ? $"'{second}'" : "the second class";
        return IsProbability(source, f)
            ? (Then(f, y => BinaryLogits(y.to(ScalarType.Float32).clamp(1e-7, 1 - 1e-7).logit())), Access.Scores,
                [$"{source.Path}: gives one output in [0, 1], which is read as the probability of {positive}. A sigmoid flattens the losses of "
                    + "attacks: evaluate the model without it if you can."], null)
            : (Then(f, BinaryLogits), Access.Scores,
                [$"{source.Path}: gives one logit z per image, which is read as the logits [0, z] of two classes: z > 0 means {positive}."], null);
    }

    /// <summary>Returns the logits [0, z] of single logits: [N] or [N, 1] to [N, 2].</summary>
    public static Tensor BinaryLogits(Tensor z)
    {
        var single = z.reshape(-1, 1).to(ScalarType.Float32);
        return cat([zeros_like(single), single], 1);
    }

    /// <summary>Whether the output stays in [0, 1] even for pixels far outside of it.</summary>
    private static bool IsProbability(ModelSource source, Classifier f)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var images = CreateImages(source, 2);
        var outputs = Exaggerations.Select(factor => f(factor * (images - 0.5f))).Append(f(images));
        return outputs.All(z => ((z >= 0) & (z <= 1)).all().item<bool>());
    }

    /// <summary>Returns why no gradients flow from the logits to the images; null if they do.</summary>
    private static string? FindMissingGradients(ModelSource source, Classifier f, bool quantized)
    {
        // libtorch has no derivative of quantized operations; some of them give zero with a warning on its own error output.
        if (quantized) return "it is quantized, and libtorch does not differentiate quantized operations";
        using var scope = NewDisposeScope();
        using var grad = set_grad_enabled(true);
        var images = CreateImages(source, 2).requires_grad_();
        try
        {
            var z = f(images);
            if (z.requires_grad) z.sum().backward(inputs: [images]);
            return images.grad is null ? "its output does not depend on its input in a way that can be differentiated" : null;
        }
        catch (Exception e) when (e is not (InputException or OutOfMemoryException))
        {
            return DerivativePattern().Match(e.Message) is { Success: true } missing
                ? $"libtorch has no derivative of {missing.Groups[1].Value}; a model that is traced with gradients (without torch.no_grad(), with "
                    + "weights that require them) uses other operations"
                : $"its backward pass fails: {NativeErrorMessage(e)}";
        }
    }

    /// <summary>Synthetic images of the source's shape: waves.</summary>
    public static Tensor CreateImages(ModelSource source, int count)
    {
        long[] shape = [count, source.Input.Channels, source.Input.Height, source.Input.Width];
        var pixels = arange(shape.Aggregate(1L, (a, b) => a * b), dtype: ScalarType.Float32, device: source.Device);
        return (0.5f + 0.5f * (0.83f * pixels).sin()).reshape(shape).detach();
    }

    private static string DescribeRefusal(ModelSource source, Exception e) =>
        $"does not accept images of {source.Input}: {NativeErrorMessage(e)}; if it is made for another size, {Wording.Current.ResizeImages}";

    private static Classifier Then(Classifier f, Func<Tensor, Tensor> convert) => images =>
    {
        using var scope = NewDisposeScope();
        return convert(f(images)).MoveToOuterDisposeScope();
    };

    /// <summary>A file of a native library's source, a line, and the function there.</summary>
    [GeneratedRegex(@"/\S+\.(?:h|cc|cpp|cu):\d+ .*?\) (?:const )?")]
    private static partial Regex SourcePlace();

    [GeneratedRegex(@"derivative for (?:aten::)?(\w+) is not implemented")]
    private static partial Regex DerivativePattern();
}
