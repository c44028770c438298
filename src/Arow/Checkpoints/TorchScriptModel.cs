using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Arow.Classes;
using Arow.IO;
using Arow.Models;
using Arow.Runtime;

namespace Arow.Checkpoints;

/// <summary>
/// TorchScript: a network with its own code, run by libtorch as it was saved, in evaluation mode. Parameters keep their types;
/// only a module that cannot run with them on this device is converted to float32.
/// </summary>
internal static partial class TorchScriptModel
{
    /// <summary>Loads a checked file.</summary>
    /// <exception cref="InputException">The file cannot be loaded, or its output is not logits of the images.</exception>
    public static LoadedModel Open(ModelSource source, ZipRecords records)
    {
        var archive = TorchScriptValidator.Validate(records);
        var stored = ModelMetadata.ParseNormalization(source.Path, source.Input.Channels, name => TorchScriptValidator.ReadExtraFile(records, name));
        var classNames = TorchScriptValidator.ReadExtraFile(records, ClassNames.MetadataKey);
        source = source.WithClassNames(classNames);
        source.TryInSubprocess?.Invoke(source);
        var normalization = source.Normalization ?? stored ?? Normalization.None;
        var copy = TorchScriptOutputs.AddAccessors(records, archive.Folder, archive.Type);
        if (copy is null && source.OutputName is not null)
            throw new InputException($"{source.Path}: returns a single tensor, so there is no output '{source.OutputName}' to select");
        var (module, plainConvolutions) = Load(source, copy);
        try
        {
            var floating = FloatingTensors(module).ToList();
            var own = floating.Count == 0 ? ScalarType.Float32 : floating[0].Tensor.dtype;
            // The types of a frozen module are not visible.
            ScalarType[] hidden = floating.Count == 0 ? [ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16] : [];
            var probed = TryRun(images: ScalarType.Float32, converted: false, out var error)
                ?? hidden.Select(type => TryRun(type, converted: false, out _)).FirstOrDefault(found => found is not null)
                ?? (floating.Exists(t => t.Tensor.dtype != ScalarType.Float32)
                    ? TryRun(own, converted: false, out error) ?? TryRun(ScalarType.Float32, converted: true, out _) : null)
                ?? TryRun(own, converted: false, out _, channelsLast: true)
                ?? throw error!;
            return new LoadedModel(probed.Classifier, [module, .. plainConvolutions is null ? Array.Empty<IDisposable>() : [plainConvolutions]])
            {
                Name = "torchscript", Normalization = normalization, Access = probed.Access, AccessReason = probed.AccessReason,
                Remarks = probed.Remarks,
                Metadata = classNames is null ? new Dictionary<string, string>()
                    : new Dictionary<string, string> { [ClassNames.MetadataKey] = classNames },
            };

            Tensor Prepare(Tensor x, ScalarType type, bool channelsLast)
            {
                // It would otherwise make color images of grey ones without a word.
                if (normalization.Mean.Count > 1 && normalization.Mean.Count != x.shape[1])
                    throw new ArgumentException($"its normalization has {normalization.Mean.Count} channels");
                x = normalization.Apply(x).to(type);
                return channelsLast ? x.permute(0, 2, 3, 1) : x;
            }

            ProbedModel? TryRun(ScalarType images, bool converted, out InputException? error, bool channelsLast = false)
            {
                error = null;
                try
                {
                    if (converted) ConvertToFloat32(module);
                    var (forward, remark) = CreateForward(source, module, copy is not null, x => Prepare(x, images, channelsLast));
                    var found = ModelProbe.Probe(source, CompileWithoutGradients(forward), gradients: true, archive.IsQuantized);
                    string[] remarks =
                    [
                        .. remark is null ? (string[])[] : [remark],
                        .. images != ScalarType.Float32 ? (string[])[$"{source.Path}: computes in {Name(images)}: it gets the images in that type."] : [],
                        .. channelsLast ? (string[])[$"{source.Path}: takes images with channels last: it gets them as [N, H, W, C]."] : [],
                        .. converted
                            ? (string[])[$"{source.Path}: its operations do not run in {Name(own)} on this device; its weights were converted to float32."]
                            : [],
                        .. found.Remarks,
                    ];
                    return found with { Remarks = remarks };
                }
                catch (InputException fault)
                {
                    error = fault;
                    return null;
                }
            }
        }
        catch
        {
            module.Dispose();
            plainConvolutions?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs a module twice at its first call, without gradients: its graph is compiled in the first two runs, and one that was compiled for
    /// gradients fails later in inference mode.
    /// </summary>
    private static Classifier CompileWithoutGradients(Classifier forward)
    {
        var isCompiled = false;
        return images =>
        {
            if (!isCompiled)
            {
                using var frozen = no_grad();
                for (var run = 0; run < 2; run++) forward(images).Dispose();
                isCompiled = true;
            }
            return forward(images);
        };
    }

    /// <summary>Returns the module as a function of images, and which of several outputs was selected.</summary>
    private static (Classifier Forward, string? Remark) CreateForward(
        ModelSource source, jit.ScriptModule module, bool severalOutputs, Func<Tensor, Tensor> prepare)
    {
        if (!severalOutputs)
        {
            return (images =>
            {
                using var scope = NewDisposeScope();
                return module.forward(prepare(images)) is Tensor output ? output.MoveToOuterDisposeScope()
                    : throw new InputException($"{source.Path}: returns something other than a tensor of logits");
            }, null);
        }
        var (selected, remark) = SelectOutput(source, module, prepare);
        return (images =>
        {
            using var scope = NewDisposeScope();
            return module.invoke<Tensor[]>(TorchScriptOutputs.TensorsMethod, prepare(images))[selected].MoveToOuterDisposeScope();
        }, remark);
    }

    /// <summary>Selects the logits among the outputs: by name, or the only one with a column for each class.</summary>
    private static (int Index, string? Remark) SelectOutput(ModelSource source, jit.ScriptModule module, Func<Tensor, Tensor> prepare)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        IReadOnlyList<ModelOutput> outputs = [];
        var error = ModelProbe.TryFirst(source, images =>
        {
            var x = prepare(images);
            var names = module.invoke<Tensor[]>(TorchScriptOutputs.NamesMethod, x).Select(Decode);
            outputs = [.. names.Zip(module.invoke<Tensor[]>(TorchScriptOutputs.TensorsMethod, x), (name, t) =>
                new ModelOutput(name, t.dtype, t.shape, t.is_floating_point()))];
        });
        if (error is not null) throw new InputException($"{source.Path}: {error}");
        return ModelOutput.Select(source, outputs);

        static string Decode(Tensor codes) => string.Concat(codes.to(ScalarType.Int64).data<long>().ToArray().Select(c => ((char)c).ToString()));
    }

    private static (jit.ScriptModule Module, IDisposable? PlainConvolutions) Load(ModelSource source, byte[]? copy)
    {
        try
        {
            var module = copy is null ? jit.load(source.Path, source.Device ?? CPU) : jit.load(copy, source.Device ?? CPU);
            CudaMath.DisableTf32(source.Device ?? CPU);
            module.eval();
            using var scope = NewDisposeScope();
            var tensors = module.named_parameters().Select(p => (Tensor)p.parameter).Concat(module.named_buffers().Select(b => b.buffer)).ToList();
            // The kernels of a frozen module are not visible.
            var plainConvolutions = tensors.Count == 0 ? OneDnnWorkaround.Disable() : OneDnnWorkaround.DisableIfAffected(tensors);
            // Gradients are taken only with respect to the images.
            foreach (var tensor in tensors.Where(t => t.requires_grad && t.is_leaf)) tensor.requires_grad_(false);
            return (module, plainConvolutions);
        }
        catch (Exception e) when (e is ExternalException or InvalidOperationException)
        {
            throw new InputException(
                $"{source.Path}: {DescribeError(e.Message) ?? $"cannot be loaded by libtorch: {ModelProbe.NativeErrorMessage(e)}"}", e);
        }
    }

    /// <summary>Describes errors of libtorch that say that a file needs another one; null for others.</summary>
    /// <param name="message">The message of libtorch.</param>
    public static string? DescribeError(string message)
    {
        if (VersionPattern().Match(message) is { Success: true } version)
            return $"was saved by a newer PyTorch (format {version.Groups[1].Value}) than this libtorch reads (up to {version.Groups[2].Value})";
        if (OperatorPattern().Match(message) is { Success: true } unknown)
            return $"uses the operator {unknown.Groups[1].Value}, which this libtorch does not have: it belongs to another library or a newer PyTorch";
        return null;
    }

    /// <summary>Parameters and buffers of floating-point types, with their modules and names.</summary>
    private static IEnumerable<(jit.ScriptModule Module, string Name, Tensor Tensor)> FloatingTensors(jit.ScriptModule module)
    {
        foreach (var part in module.named_modules().Select(m => (jit.ScriptModule)m.module).Prepend(module))
        {
            // Attributes that are no tensors have no name here.
            foreach (var (name, tensor) in part.named_attributes(recurse: false))
            {
                if (name is not null && tensor.is_floating_point()) yield return (part, name, tensor);
            }
        }
    }

    private static void ConvertToFloat32(jit.ScriptModule module)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var (part, name, tensor) in FloatingTensors(module).Where(t => t.Tensor.dtype != ScalarType.Float32))
            part.set_attribute(name, tensor.to(ScalarType.Float32));
    }

    private static string Name(ScalarType type) => type.ToString().ToLowerInvariant();

    [GeneratedRegex(@"with version (\d+), but the maximum supported version for reading is (\d+)")]
    private static partial Regex VersionPattern();

    [GeneratedRegex(@"Unknown builtin op: ([\w:.]+?)\.?(?:\s|$)")]
    private static partial Regex OperatorPattern();
}
