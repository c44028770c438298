using System.Text.RegularExpressions;
using Arow.Pickles;

namespace Arow.Checkpoints;

/// <summary>
/// Resolves the names in a pickle of <c>torch.save</c>: those of tensors and ordered dictionaries; everything else becomes a
/// placeholder. One instance per pickle.
/// </summary>
/// <param name="script">
/// Whether the pickle is TorchScript's, which libtorch reads after this check: it may name its own classes and nothing else.
/// </param>
/// <param name="nested">Whether the pickle lies within another one, which goes no deeper.</param>
internal sealed partial class TorchPickleResolver(bool script = false, bool nested = false) : IPickleResolver
{
    private const string Rebuild = "torch._utils._rebuild_tensor_v2";
    private const string RebuildOld = "torch._utils._rebuild_tensor";
    private const string RebuildQuantized = "torch._utils._rebuild_qtensor";
    private const string Parameter = "torch._utils._rebuild_parameter";
    private const string ParameterWithState = "torch._utils._rebuild_parameter_with_state";
    private const string ParameterClass = "torch.nn.parameter.Parameter";
    private const string RebuildFromType = "torch._tensor._rebuild_from_type_v2";
    private const string LoadFromBytes = "torch.storage._load_from_bytes";
    private const string OrderedDict = "collections.OrderedDict";
    private const string Size = "torch.Size";
    private const string Device = "torch.device";

    private const string ScriptLists = "torch.jit._pickle.";

    private static readonly Dictionary<string, ScalarType> StorageTypes = new()
    {
        ["torch.DoubleStorage"] = ScalarType.Float64,
        ["torch.FloatStorage"] = ScalarType.Float32,
        ["torch.HalfStorage"] = ScalarType.Float16,
        ["torch.BFloat16Storage"] = ScalarType.BFloat16,
        ["torch.LongStorage"] = ScalarType.Int64,
        ["torch.IntStorage"] = ScalarType.Int32,
        ["torch.ShortStorage"] = ScalarType.Int16,
        ["torch.CharStorage"] = ScalarType.Int8,
        ["torch.ByteStorage"] = ScalarType.Byte,
        ["torch.BoolStorage"] = ScalarType.Bool,
    };

    /// <summary>Storages of tensors that no network of Arow has; the type has the same size.</summary>
    private static readonly Dictionary<string, ScalarType> OtherStorageTypes = new()
    {
        ["torch.UntypedStorage"] = ScalarType.Byte,
        ["torch.storage.UntypedStorage"] = ScalarType.Byte,
        ["torch.QInt8Storage"] = ScalarType.Int8,
        ["torch.QUInt8Storage"] = ScalarType.Byte,
        ["torch.QInt32Storage"] = ScalarType.Int32,
        ["torch.ComplexFloatStorage"] = ScalarType.ComplexFloat32,
        ["torch.ComplexDoubleStorage"] = ScalarType.ComplexFloat64,
    };

    private static readonly string[] Callable = [Rebuild, RebuildQuantized, Parameter, OrderedDict, Size, Device];

    /// <summary>Data types as option values, such as <c>torch.float32</c>.</summary>
    private static readonly HashSet<string> Constants =
    [
        .. ((string[])["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"])
            .Select(name => $"torch.{name}"),
    ];

    /// <summary>The storages of all tensors, by key.</summary>
    public Dictionary<string, StorageRef> Storages { get; } = [];

    public string UnknownInstruction => "torch.save does not write for tensors, numbers, strings or containers";

    public bool SupportsObjects => true;

    public PickleGlobal Resolve(string path, string name)
    {
        var known = StorageTypes.ContainsKey(name) || OtherStorageTypes.ContainsKey(name) || Callable.Contains(name) || Constants.Contains(name);
        if (known || !script || name.StartsWith("torch.per_", StringComparison.Ordinal)) return new PickleGlobal(name);
        return IsOwnClass(name) || name.StartsWith(ScriptLists, StringComparison.Ordinal) ? new PickleGlobal(name)
            : throw new InputException($"{path}: uses '{Printable.Shorten(name)}', which no TorchScript network needs");
    }

    public object CreateObject(PickleGlobal type, object?[] arguments) => type.Name == OrderedDict ? new PickleMap()
        : !script || IsOwnClass(type.Name) ? new PickleObject(type.Name, arguments) : throw new InvalidOperationException("no class");

    /// <summary>Whether a class belongs to the file's own code and is not compiled into libtorch.</summary>
    private static bool IsOwnClass(string name) => name.StartsWith("__torch__.", StringComparison.Ordinal)
        && (!name.StartsWith("__torch__.torch.classes.", StringComparison.Ordinal) || PackedWeights().Match(name).Length == name.Length);

    /// <summary>The classes of quantized layers' weights, which are compiled into libtorch.</summary>
    [GeneratedRegex(@"\b__torch__\.torch\.classes\.quantized\.(?:Linear|Conv2d|Conv3d|Embedding)PackedParamsBase\b")]
    public static partial Regex PackedWeights();

    /// <summary>Keeps the state of a placeholder; ignores that of others, such as a state dict's version metadata.</summary>
    public bool SetState(object target, object? state)
    {
        if (target is PickleObject made) made.State = state;
        return !script || target is PickleMap or PickleObject;
    }

    public object? Invoke(PickleGlobal function, object?[] arguments) => function.Name switch
    {
        Rebuild or RebuildOld when arguments is [StorageRef, ..] => ParseTensor(arguments),
        RebuildQuantized when script => ParseTensor(arguments),
        Parameter or ParameterWithState or ParameterClass when arguments is [TensorRef tensor, ..] => tensor,
        RebuildFromType when !script && arguments is [PickleGlobal inner and not { Name: RebuildFromType }, _, object?[] inside, ..] =>
            Invoke(inner, inside),
        LoadFromBytes when !script && !nested && arguments is [{ } bytes] && StoredNumbers.TryCreate(bytes, false) is { } stored
            && LegacyTorchFile.ReadStorage(stored.ToMemory()) is { } storage => storage,
        OrderedDict => CreateMap(arguments),
        Size => (object?[])arguments[0]!,
        Device => arguments,
        _ when !script => new PickleObject(function.Name, arguments),
        _ when function.Name.StartsWith(ScriptLists, StringComparison.Ordinal) => arguments[0],
        _ => throw new InvalidOperationException("a name that is not to be called"),
    };

    public object? LoadPersistent(string path, object? id)
    {
        // Whole modules name their class and its source; neither is used.
        if (!script && id is object?[] and ["module", PickleGlobal type, ..]) return type;
        var storage = ParseStorage((object?[])id!);
        return Storages.TryAdd(storage.Key, storage) || Storages[storage.Key] == storage ? storage
            : throw new InputException($"{path}: is damaged: storage '{storage.Key}' is of two types or lengths");
    }

    /// <summary>Parses ('storage', type, key, device, count). The device is ignored: all storages are read to host memory.</summary>
    private static StorageRef ParseStorage(object?[] id)
    {
        // Old files name a view of another storage in a sixth element, which has been None since 2017.
        if (id.Length is not (5 or 6) || id[0] is not "storage" || id.Length == 6 && id[5] is not null)
            throw new InvalidOperationException("no storage");
        return (long)id[4]! is var count and >= 0 and <= long.MaxValue / 8
            ? new StorageRef((string)id[2]!, GetStorageType(((PickleGlobal)id[1]!).Name), count)
            : throw new InvalidOperationException("no storage");
    }

    private static ScalarType GetStorageType(string name) =>
        StorageTypes.TryGetValue(name, out var type) ? type : OtherStorageTypes[name];

    private static TensorRef ParseTensor(object?[] arguments)
    {
        var (storage, offset) = ((StorageRef)arguments[0]!, (long)arguments[1]!);
        var (shape, strides) = (ToLongs(arguments[2]), ToLongs(arguments[3]));
        if (shape.Length != strides.Length || shape.Length > 16 || offset < 0 || storage.Count < 0)
            throw new InvalidOperationException("no tensor");
        var (last, elements) = ((Int128)offset, (Int128)1);
        foreach (var (length, stride) in shape.Zip(strides))
        {
            elements *= Math.Max(1, length);
            // With strides of 0 few numbers can represent more elements than libtorch can count.
            if (length < 0 || stride < 0 || elements > long.MaxValue / 8) throw new InvalidOperationException("no tensor");
            last += (Int128)(length - 1) * stride;
        }
        if (!shape.Contains(0) && last >= storage.Count) throw new InvalidOperationException("a tensor beyond its storage");
        return new TensorRef(storage, offset, shape, strides);
    }

    private static long[] ToLongs(object? tuple) => [.. ((object?[])tuple!).Select(n => (long)n!)];

    /// <summary>Creates an empty map, or one from a list of pairs as written by Python 2.</summary>
    private static PickleMap CreateMap(object?[] arguments)
    {
        var map = new PickleMap();
        if (arguments.Length == 0) return map;
        foreach (var pair in (List<object?>)arguments[0]!)
        {
            if (pair is List<object?> { Count: 2 } list) map.Set(list[0], list[1]);
            else map.Set(((object?[])pair!)[0], ((object?[])pair!)[1]);
        }
        return map;
    }
}
