namespace Arow.Checkpoints;

/// <summary>Runs a model on two synthetic images before any evaluation, so that mismatches are reported at once.</summary>
internal static class ModelProbe
{
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
        var error = ValidateOutput(source, f, 2, gradients);
        if (error is null) return f;
        if (ValidateOutput(source, f, 1, gradients) is not null) throw new InputException($"{source.Path}: {error}");
        Tensor OneByOne(Tensor images)
        {
            using var scope = NewDisposeScope();
            return cat([.. images.split(1, 0).Select(image => f(image))], 0).MoveToOuterDisposeScope();
        }
        return OneByOne;
    }

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
        return line.Length > 300 ? $"{line[..300]}…" : line;
    }

    private static string? ValidateOutput(ModelSource source, Classifier f, int count, bool gradients)
    {
        using var scope = NewDisposeScope();
        using var grad = set_grad_enabled(gradients);
        long[] shape = [count, source.Input.Channels, source.Input.Height, source.Input.Width];
        var pixels = arange(shape.Aggregate(1L, (a, b) => a * b), dtype: ScalarType.Float32, device: source.Device);
        var images = (0.5f + 0.5f * (0.83f * pixels).sin()).reshape(shape).detach();
        try
        {
            if (gradients) images.requires_grad_();
            var z = f(images);
            if (z.dim() != 2 || z.shape[0] != count || !z.is_floating_point())
                return $"gives a {z.dtype} tensor [{string.Join(", ", z.shape)}] for {count} images of {source.Input} instead of logits [{count}, "
                    + $"{source.Classes}]";
            if (z.shape[1] != source.Classes) return source.DescribeMismatch(z.shape[1]);
            if (!z.isfinite().all().item<bool>()) return "gives logits that are not finite";
            if (!gradients) return null;
            if (!z.requires_grad) return "has no gradients: its output does not depend on its input in a way that can be differentiated";
            z.sum().backward(inputs: [images]);
            return null;
        }
        catch (Exception e) when (e is not (InputException or OutOfMemoryException))
        {
            return $"does not accept images of {source.Input}: {NativeErrorMessage(e)}";
        }
    }
}
