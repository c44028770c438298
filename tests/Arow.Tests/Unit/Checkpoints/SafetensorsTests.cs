using System.Text;

namespace Arow.Tests.Unit.Checkpoints;

public sealed class SafetensorsTests : IDisposable
{
    private static readonly ScalarType[] Types =
    [
        ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32,
        ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
    ];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_written_is_read_whatever_its_type_and_layout()
    {
        using var scope = NewDisposeScope();
        var all = Types.ToDictionary(t => $"{t}", t => arange(6).reshape(2, 3).to(t));
        all["turned"] = arange(6f).reshape(2, 3).t();
        all["spread"] = ones(1).expand(4);
        all["none"] = zeros(0, 3);
        all["number"] = tensor(7);
        Safetensors.Write(folder.File("all"), all, new Dictionary<string, string> { ["note"] = "é\n\"" });
        LiveTensors.AssertNoneLeft(() => Safetensors.Read(folder.File("all")).Dispose());
        using var read = Safetensors.Read(folder.File("all"));
        Assert.Equal("é\n\"", read.Metadata["note"]);
        Assert.Equal(all.Keys.Order(), read.Tensors.Keys.Order());
        foreach (var (key, tensor) in all)
        {
            Assert.Equal((tensor.dtype, string.Join(',', tensor.shape)), (read.Tensors[key].dtype, string.Join(',', read.Tensors[key].shape)));
            Assert.True((tensor == read.Tensors[key]).all().item<bool>(), key);
        }
    }

    /// <summary>The length of a header comes first, and 640, 896, 1152 and 1408 are the first two bytes of a Python pickle.</summary>
    [Fact]
    public void A_header_may_be_as_long_as_a_pickle_begins()
    {
        const int Length = 0x280;
        using var scope = NewDisposeScope();
        Write(0);
        Write(Length - BitConverter.ToInt32(File.ReadAllBytes(folder.File("model"))));
        Assert.Equal([0x80, 0x02], File.ReadAllBytes(folder.File("model"))[..2]);
        Assert.StartsWith("x", ModelFile.ReadMetadata(folder.File("model"))["note"]);

        void Write(int more) => Safetensors.Write(folder.File("model"), new Dictionary<string, Tensor> { ["a"] = ones(1) },
            new Dictionary<string, string> { ["note"] = new string('x', more) });
    }

    [Fact]
    public void One_bit_anywhere_is_found()
    {
        using var scope = NewDisposeScope();
        Safetensors.Write(folder.File("good"), new Dictionary<string, Tensor> { ["a"] = arange(9f), ["b"] = arange(4) }, new Dictionary<string,
            string>());
        var good = File.ReadAllBytes(folder.File("good"));
        // Where the sum's own name is damaged, the file is one of another make, which has none.
        var name = good.AsSpan().IndexOf("sha256"u8);
        for (var at = 0; at < good.Length; at++)
        {
            if (at >= name && at < name + 6) continue;
            var bytes = good.ToArray();
            bytes[at] ^= 4;
            File.WriteAllBytes(folder.File("bad"), bytes);
            Assert.StartsWith(folder.File("bad"), Assert.Throws<InputException>(() => Safetensors.Read(folder.File("bad"))).Message);
        }
        Assert.Contains("is not a regular file but a folder", Assert.Throws<InputException>(() => Safetensors.Read(folder.Path)).Message);
        Assert.Contains("cannot be read", Assert.Throws<InputException>(() => Safetensors.Read(folder.File("nothing"))).Message);
    }

    /// <summary>It takes half a minute and 2 GB.</summary>
    [Fact(Explicit = true)]
    public void Files_and_tensors_may_be_larger_than_two_gigabytes()
    {
        // On disk a hole and its ends; in memory what it says.
        const long Large = (1L << 31) + 5;
        var header = Encoding.ASCII.GetBytes(
            $$"""{"large":{"dtype":"U8","shape":[{{Large}}],"data_offsets":[0,{{Large}}]},"last":{"dtype":"I16","shape":[2],"data_offsets":[{{Large}},{{Large + 4}}] } }""");
        using (var file = File.Create(folder.File("large")))
        {
            file.Write([.. BitConverter.GetBytes((long)header.Length), .. header, 1, 2]);
            file.Position = 8 + header.Length + Large - 1;
            file.Write([9, 3, 0, 4, 0]);
        }
        using var scope = NewDisposeScope();
        using (var read = Safetensors.Read(folder.File("large")))
        {
            Assert.Equal([1, 2, 0], read.Tensors["large"][..3].data<byte>().ToArray());
            Assert.Equal([0, 9], read.Tensors["large"][^2..].data<byte>().ToArray());
            Assert.Equal([3, 4], read.Tensors["last"].data<short>().ToArray());
        }
        using (var file = File.OpenWrite(folder.File("large"))) file.SetLength(file.Length - 1);
        Assert.Contains("tensor 'last' is not at the offset", Assert.Throws<InputException>(() => Safetensors.Read(folder.File("large"))).Message);
    }
}
