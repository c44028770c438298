using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Arow.IO;
using Arow.Models;

namespace Arow.Export;

/// <summary>
/// Exports state dicts as PyTorch files: <c>torch.load(path, weights_only=True)</c> returns an OrderedDict for
/// <c>load_state_dict(strict=True)</c>. The keys are the published ones. A state dict does not contain the normalization.
/// </summary>
public static class TorchExport
{
    private static readonly DateTimeOffset Epoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes the weights and buffers of a network atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">Any network.</param>
    public static void Write(string path, Network network)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        List<(string Key, Tensor Value)> tensors = [.. network.State.Select(s => (s.Key, s.Value.detach().cpu().contiguous()))];
        AtomicFile.Write(path, file =>
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
            AddEntry("data.pkl", stream => stream.Write(CreatePickle(tensors)));
            AddEntry("byteorder", stream => stream.Write("little"u8));
            foreach (var (place, (_, value)) in tensors.Index()) AddEntry($"data/{place}", stream => stream.Write(value.bytes));
            AddEntry("version", stream => stream.Write("3\n"u8));

            void AddEntry(string name, Action<Stream> content)
            {
                // Stored, not compressed: PyTorch maps the data into memory.
                var entry = zip.CreateEntry($"model/{name}", CompressionLevel.NoCompression);
                entry.LastWriteTime = Epoch;
                using var stream = entry.Open();
                content(stream);
            }
        });
    }

    /// <summary>Writes a protocol 2 pickle like torch.save does for an OrderedDict of tensors; opcodes as in Python's pickletools.</summary>
    private static byte[] CreatePickle(IReadOnlyList<(string Key, Tensor Value)> tensors)
    {
        using var pickle = new MemoryStream();
        void Op(char code) => pickle.WriteByte((byte)code);
        void Global(string module, string name) => pickle.Write(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));
        void Text(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            Op('X');
            Write(bytes.Length);
            pickle.Write(bytes);
        }
        void Write(int number)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
            pickle.Write(bytes);
        }
        void Integer(long number)
        {
            if (number is >= int.MinValue and <= int.MaxValue)
            {
                Op('J');
                Write((int)number);
                return;
            }
            // LONG1 of eight bytes.
            pickle.WriteByte(0x8a);
            pickle.WriteByte(8);
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
            pickle.Write(bytes);
        }
        void Tuple(IEnumerable<long> numbers)
        {
            Op('(');
            foreach (var number in numbers) Integer(number);
            Op('t');
        }
        void EmptyOrderedDict()
        {
            Global("collections", "OrderedDict");
            Op(')');
            Op('R');
        }

        pickle.Write([0x80, 2]);
        EmptyOrderedDict();
        Op('(');
        foreach (var (place, (key, value)) in tensors.Index())
        {
            Text(key);
            Global("torch._utils", "_rebuild_tensor_v2");
            Op('(');
            Op('(');
            Text("storage");
            Global("torch", StorageName(value.dtype));
            Text($"{place}");
            Text("cpu");
            Integer(value.numel());
            Op('t');
            Op('Q');
            Integer(0);
            Tuple(value.shape);
            Tuple(value.stride());
            pickle.WriteByte(0x89);
            EmptyOrderedDict();
            Op('t');
            Op('R');
        }
        Op('u');
        Op('.');
        return pickle.ToArray();
    }

    private static string StorageName(ScalarType type) => type switch
    {
        ScalarType.Float32 => "FloatStorage",
        ScalarType.Float64 => "DoubleStorage",
        ScalarType.Int64 => "LongStorage",
        _ => throw new InputException($"tensors of type {type} are not supported"),
    };
}
