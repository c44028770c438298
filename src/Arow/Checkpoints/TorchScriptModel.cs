using System.Runtime.InteropServices;
using Arow.Classes;
using Arow.IO;

namespace Arow.Checkpoints;

/// <summary>TorchScript: a network with its own code, run by libtorch, with gradients.</summary>
internal static class TorchScriptModel
{
    /// <summary>Loads a checked file in evaluation mode and float32.</summary>
    /// <exception cref="InputException">The file cannot be loaded, or its output is not logits of the images.</exception>
    public static LoadedModel Open(ModelSource source, ZipRecords records)
    {
        TorchScriptValidator.Validate(records);
        var stored = ModelMetadata.ParseNormalization(source.Path, source.Input.Channels, name => TorchScriptValidator.ReadExtraFile(records, name));
        var classNames = TorchScriptValidator.ReadExtraFile(records, ClassNames.MetadataKey);
        source = source.WithClassNames(classNames);
        source.TryInSubprocess?.Invoke(source);
        var normalization = source.Normalization ?? stored ?? Models.Normalization.None;
        var (module, plainConvolutions) = Load(source);
        try
        {
            Tensor Forward(Tensor images)
            {
                using var scope = NewDisposeScope();
                return module.forward(normalization.Apply(images)) is Tensor logits
                    ? logits.MoveToOuterDisposeScope()
                    : throw new InputException($"{source.Path}: does not return a single tensor of logits");
            }
            var f = ModelProbe.Verify(source, Forward, gradients: true);
            return new LoadedModel(f, [module, .. plainConvolutions is null ? Array.Empty<IDisposable>() : [plainConvolutions]])
            {
                Name = "torchscript", Normalization = normalization,
                Metadata = classNames is null ? new Dictionary<string, string>() : new Dictionary<string,
                string>
                { [ClassNames.MetadataKey] = classNames },
            };
        }
        catch
        {
            module.Dispose();
            plainConvolutions?.Dispose();
            throw;
        }
    }

    private static (jit.ScriptModule Module, IDisposable? PlainConvolutions) Load(ModelSource source)
    {
        try
        {
            var module = jit.load(source.Path, source.Device ?? CPU);
            Arow.Runtime.CudaMath.DisableTf32(source.Device ?? CPU);
            module.eval();
            using var scope = NewDisposeScope();
            var tensors = module.named_parameters().Select(p => (Tensor)p.parameter).Concat(module.named_buffers().Select(b => b.buffer)).ToList();
            // The kernels of a frozen module are not visible.
            var plainConvolutions = tensors.Count == 0 ? Arow.Runtime.OneDnnWorkaround.Disable()
                : Arow.Runtime.OneDnnWorkaround.DisableIfAffected(tensors);
            // Gradients are taken only with respect to the images.
            foreach (var tensor in tensors.Where(t => t.requires_grad && t.is_leaf)) tensor.requires_grad_(false);
            if (tensors.Any(t => t.is_floating_point() && t.dtype != ScalarType.Float32)) module.to(ScalarType.Float32);
            return (module, plainConvolutions);
        }
        catch (Exception e) when (e is ExternalException or InvalidOperationException)
        {
            throw new InputException($"{source.Path}: cannot be loaded by libtorch: {ModelProbe.NativeErrorMessage(e)}", e);
        }
    }
}
