using System.Text;
using Arow.Pickles;

namespace Arow.Tests.Unit.Checkpoints;

public sealed class TorchFileTests
{
    [Theory]
    [InlineData("checkpoint.pth")]
    [InlineData("checkpoint-legacy.pth")]
    [InlineData("checkpoint-protocol4.pth")]
    public void What_PyTorch_wrote_is_read(string name)
    {
        var path = Path.Combine(Repository.Root, "tests/Arow.Tests/Fixtures", name);
        using var file = name.Contains("legacy") ? LegacyTorchFile.Open(path) : TorchFile.Open(ZipRecords.Open(path));
        var root = Assert.IsType<PickleMap>(file.Root).Entries;
        Assert.Equal((12L, 0.25, "näher", null), ((long)root["epoch"]!, (double)root["best"]!, (string)root["name"]!, root["none"]));
        Assert.Equal(System.Numerics.BigInteger.Pow(2, 70), root["big"]);
        Assert.Equal([2L, 3L], (object?[])root["size"]!);
        Assert.Equal(3, ((List<object?>)root["mixed"]!).Count);

        var dicts = StateDicts.FindAll(file.Root);
        Assert.Equal(["state_dict", "ema.shadow"], dicts.Keys);
        var tensors = dicts["state_dict"].Tensors;
        Is("module.a", [2, 3], 0, 1, 2, 3, 4, 5);
        Is("module.turned", [3, 2], 0, 3, 1, 4, 2, 5);
        Is("module.part", [3], 2, 4, 6);
        Is("module.half", [2], 0.5, -1.5);
        Is("module.brain", [2], 0.5, -1.5);
        Is("module.count", [], 7);
        Is("module.empty", [0, 3]);
        Is("module.spread", [4], 3, 3, 3, 3);
        Is("module.flags", [3], 1, 0, 1);
        Is("module.bytes", [3], 1, 2, 255);
        Assert.Equal(10, tensors.Count);

        void Is(string key, long[] shape, params double[] values)
        {
            using var scope = NewDisposeScope();
            var t = file.GetTensor(tensors[key]);
            Assert.Equal(shape, t.shape);
            if (values.Length > 0) Assert.Equal(values, t.to(ScalarType.Float64).contiguous().data<double>().ToArray());
        }
    }

    /// <summary>The magic number's pickle as protocols 3 to 5 write it, from the fourth on in a frame.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Old_files_may_be_of_any_protocol(byte protocol)
    {
        const int Magic = 2;
        using var folder = new TemporaryFolder();
        using var network = MadeModel.Network();
        var old = TorchWriter.Legacy(MadeModel.State(network));
        byte[] frame = protocol < 4 ? [] : [0x95, 13, 0, 0, 0, 0, 0, 0, 0];
        using var model = ModelFile.Open(folder.Put([0x80, protocol, .. frame, .. old[Magic..]]));
        MadeModel.AssertSame(network, model);
    }

    [Theory]
    [InlineData("numpy.pth", "model")]
    [InlineData("numpy-protocol2.pkl", "")]
    [InlineData("numpy-protocol5.pkl", "")]
    [InlineData("numpy.npz", "")]
    public void What_NumPy_wrote_is_read(string name, string key)
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(Repository.Root, "tests/Arow.Tests/Fixtures", name);
        using var file = name.EndsWith(".pkl") ? NumpyWeights.OpenPickle(path) : TorchFile.Open(ZipRecords.Open(path));
        var dict = StateDicts.FindAll(file.Root)[key].WithArrays([]);
        Assert.Equal(["big", "bytes", "count", "double", "empty", "flags", "half", "plain", "turned"], dict.Tensors.Keys.Order());
        Assert.Equal(["object", "text"], dict.Others.Keys.Except(dict.Tensors.Keys).Order());
        foreach (var same in (string[])["plain", "double", "big"]) Is(same, [2, 3], 0, 1, 2, 3, 4, 5);
        Is("turned", [3, 2], 0, 3, 1, 4, 2, 5);
        Is("half", [2], 0.5, -1.5);
        Is("count", [], 7);
        Is("flags", [3], 1, 0, 1);
        Is("bytes", [3], 1, 2, 255);
        Is("empty", [0, 3]);

        void Is(string one, long[] shape, params double[] values)
        {
            var t = file.GetTensor(dict.Tensors[one]);
            Assert.Equal(shape, t.shape);
            if (values.Length > 0) Assert.Equal(values, t.to(ScalarType.Float64).contiguous().data<double>().ToArray());
        }
    }

    [Theory]
    [InlineData("tensors-protocol2.pkl")]
    [InlineData("tensors-protocol4.pkl")]
    public void Tensors_in_a_pickle_of_their_own_are_read(string name)
    {
        using var scope = NewDisposeScope();
        using var file = NumpyWeights.OpenPickle(Path.Combine(Repository.Root, "tests/Arow.Tests/Fixtures", name));
        var tensors = StateDicts.FindAll(file.Root)[""].Tensors;
        Assert.Equal([0.0, 3, 1, 4, 2, 5], file.GetTensor(tensors["turned"]).to(ScalarType.Float64).contiguous().data<double>().ToArray());
        Assert.Equal([0.5, -1.5], file.GetTensor(tensors["half"]).to(ScalarType.Float64).data<double>().ToArray());
        Assert.Equal(7, file.GetTensor(tensors["count"]).item<long>());
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("numpy.core.multiarray", "scalar")]
    [InlineData("__main__", "Net")]
    [InlineData("collections", "Counter")]
    [InlineData("torch._utils", "_rebuild_sparse_tensor", "save its to_dense()")]
    [InlineData("torch._utils", "_rebuild_qtensor", "a quantized tensor")]
    public void Any_other_name_is_a_placeholder_that_nothing_calls(string module, string name, string says = "it could run code")
    {
        using var folder = new TemporaryFolder();
        using var network = MadeModel.Network();
        var written = folder.File("written");
        var call = new Called(module, name, [$"touch {written}"]);
        var root = new Dictionary<string, object?> { ["state_dict"] = MadeModel.State(network), ["run"] = call, ["more"] = new List<object?> { call } };
        foreach (var bytes in (byte[][])[TorchWriter.Zip(root), TorchWriter.Legacy(root)])
        {
            using var model = ModelFile.Open(folder.Put(bytes));
            MadeModel.AssertSame(network, model);
            Assert.Empty(model.Remarks);
        }
        // Where a tensor is needed, it is refused by name.
        var state = MadeModel.State(network);
        state["conv1.weight"] = call;
        MadeModel.AssertRefused(folder.Put(TorchWriter.Zip(state)), "'conv1.weight' is not stored as a tensor", $"'{module}.{name}'", says);
        MadeModel.AssertRefused(folder.Put(TorchWriter.Zip(call)), "no state dict", $"an object of '{module}.{name}'");
        Assert.False(File.Exists(written));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Storages_that_are_claimed_and_not_there_are_refused()
    {
        using var folder = new TemporaryFolder();
        const long Tera = 1L << 42;
        MadeModel.AssertRefused(Put(new Stored("FloatStorage", "98", 3, 0, [3], [1])), "record 'archive/data/98' is missing");
        MadeModel.AssertRefused(Put(new Stored("FloatStorage", "99", Tera, 0, [Tera], [1])), "instead of");
        MadeModel.AssertRefused(Put(new Stored("FloatStorage", "99", long.MaxValue / 2, 0, [3], [1])), "damaged");
        MadeModel.AssertRefused(Put(new Stored("FloatStorage", "99", 3, 0, [4], [1])), "is invalid at byte");
        MadeModel.AssertRefused(Put(new Stored("FloatStorage", "99", 3, 2, [2], [1])), "is invalid at byte");
        MadeModel.AssertRefused(Put(new Stored("FloatStorage", "99", 3, 0, [2, 2], [long.MaxValue, 1])), "is invalid at byte");
        MadeModel.AssertRefused(Put(new Stored("FloatStorage", "99", 3, 0, [-1], [1])), "is invalid at byte");
        MadeModel.AssertRefused(Put(new Stored("FloatStorage", "99", 3, 0, [3, 1], [1])), "is invalid at byte");
        MadeModel.AssertRefused(Put(new Stored("LongStorage", "0", 3, 0, [3], [1])), "two types");
        // A view may repeat a number for ever: its shape is what is wrong then, and no memory is taken.
        MadeModel.AssertRefused(Put(new Stored("FloatStorage", "99", 3, 0, [Tera], [0])), "of different shape: fc.bias [4398046511104]");

        MadeModel.AssertRefused(Put(new Stored("FloatStorage", "99", 3, 0, [1L << 62, 4], [0, 0])), "is invalid at byte");

        ModelSource Put(Stored stored)
        {
            using var network = MadeModel.Network();
            var state = MadeModel.State(network);
            state["fc.bias"] = stored;
            var records = TorchWriter.RecordsOf(state);
            return folder.Put(ZipWriter.Write(records.Append(("archive/data/99", new byte[12]))));
        }
    }

    [Fact]
    public void Damage_is_found_wherever_it_is()
    {
        using var folder = new TemporaryFolder();
        using var network = MadeModel.Network();
        var records = TorchWriter.RecordsOf(MadeModel.State(network));
        var good = ZipWriter.Write(records);
        foreach (var at in (int[])[good.Length / 4, good.Length / 2, good.Length * 3 / 4]) // numbers of a tensor
        {
            var bytes = good.ToArray();
            bytes[at] ^= 1;
            MadeModel.AssertRefused(folder.Put(bytes), "CRC");
        }
        MadeModel.AssertRefused(folder.Put(good[..(good.Length / 2)]), "truncated");
        MadeModel.AssertRefused(folder.Put(good[..^1]), "truncated");
        MadeModel.AssertRefused(folder.Put(good[..40]), "truncated");
        MadeModel.AssertRefused(folder.Put([]), "is empty");
        MadeModel.AssertRefused(Changed("archive/byteorder", "big"), "big-endian");
        MadeModel.AssertRefused(folder.Put(ZipWriter.Write(records.Where(r => r.Name != "archive/data.pkl"))), "no data.pkl");
        MadeModel.AssertRefused(folder.Put(ZipWriter.Write(records.Append(records[^1]))), "occurs twice");
        MadeModel.AssertRefused(folder.Put(ZipWriter.Write(records.Append(("archive/../../etc/passwd", [1])))), "has an invalid name");
        MadeModel.AssertRefused(folder.Put(ZipWriter.Write(records.Append(("/etc/passwd", [1])))), "has an invalid name");
        MadeModel.AssertRefused(Changed("archive/data.pkl", "\x80\x02}"), "is incomplete");
        MadeModel.AssertRefused(Changed("archive/data.pkl", "\x80\x02i0\n."), "instruction 0x69");
        MadeModel.AssertRefused(Changed("archive/data.pkl", "\x80\x02hx."), "is invalid at byte");
        MadeModel.AssertRefused(Changed("archive/data.pkl", "\x80\x02}}}a."), "is invalid at byte");
        MadeModel.AssertRefused(Changed("archive/data.pkl", "\x80\x02X\xff\xff\xff\x7f."), "is incomplete");
        MadeModel.AssertRefused(Changed("archive/data.pkl", "\x80\x02X\xff\xff\xff\xff."), "is invalid at byte");

        ModelSource Changed(string name, string content) => folder.Put(ZipWriter.Write(
            records.Select(r => r.Name == name ? (r.Name, Encoding.Latin1.GetBytes(content)) : r)));
    }

    [Fact]
    public void Damage_of_the_older_form_is_found()
    {
        using var folder = new TemporaryFolder();
        using var network = MadeModel.Network();
        var good = TorchWriter.Legacy(MadeModel.State(network));
        MadeModel.AssertRefused(folder.Put(good[..^1]), "truncated");
        MadeModel.AssertRefused(folder.Put(good[..100]), "truncated");
        var other = good.ToArray();
        other[19]++;
        MadeModel.AssertRefused(folder.Put(other), "version");
        var text = Encoding.Latin1.GetString(good);
        MadeModel.AssertRefused(folder.Put(Encoding.Latin1.GetBytes(text.Replace("little_endian", "middle_endian"))), "big-endian");
    }

    [Fact]
    public void Containers_that_contain_themselves_come_to_an_end()
    {
        // A dictionary that is its own entry, and lists of twice the list before: 2^60 entries by name, few in memory.
        var cyclic = Encoding.Latin1.GetBytes("\x80\x02}q\0X\x01\0\0\0ah\0s.");
        Assert.Empty(StateDicts.FindAll(new PickleReader("p", cyclic, new TorchPickleResolver()).Read()));
        var laughs = new StringBuilder("\x80\x02}q\00");
        for (var i = 1; i <= 60; i++) laughs.Append($"}}q{(char)i}(X\x01\0\0\0ah{(char)(i - 1)}X\x01\0\0\0bh{(char)(i - 1)}u0");
        laughs.Append($"h{(char)60}.");
        var root = Assert.IsType<PickleMap>(new PickleReader("p", Encoding.Latin1.GetBytes(laughs.ToString()), new TorchPickleResolver()).Read());
        Assert.Equal(["a", "b"], root.Entries.Keys);
        Assert.Empty(StateDicts.FindAll(root));
    }

    [Fact]
    public void Records_may_be_packed_and_their_sizes_of_64_bits()
    {
        using var folder = new TemporaryFolder();
        using var network = MadeModel.Network();
        var records = TorchWriter.RecordsOf(MadeModel.State(network));
        foreach (var (deflate, big) in (ValueTuple<bool, bool>[])[(true, false), (false, true), (true, true)])
        {
            using var model = ModelFile.Open(folder.Put(ZipWriter.Write(records, deflate, big)));
            MadeModel.AssertSame(network, model);
        }
    }
}
