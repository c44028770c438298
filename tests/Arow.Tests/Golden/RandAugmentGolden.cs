using System.Text.Json;

namespace Arow.Tests.Golden;

/// <summary>Every operation of RandAugment against Pillow, value by value: what on stands in rand-augment.json.</summary>
[Numeric]
public sealed class RandAugmentGolden
{
    private static JsonElement Rows => Reference.Read("rand-augment.json").GetProperty("rows");

    public static TheoryData<string> Names => [.. RandAugment.AllOperations.Select(o => o.Name)];

    [Theory, MemberData(nameof(Names))]
    public void Pixels_are_Pillows(string name)
    {
        var seen = 0;
        foreach (var row in Rows.EnumerateArray().Where(r => r.GetProperty("op").GetString() == name))
        {
            using var scope = NewDisposeScope();
            var x = Image(row);
            // Beside another image, which may have no say in it.
            var sign = tensor(new double[] { row.GetProperty("sign").GetInt32(), -1 });
            var y = RandAugment.AllOperations.Single(o => o.Name == name)
                .Do(cat([x, x.flip(3)]), sign, row.GetProperty("magnitude").GetDouble() / 30)[0].to(ScalarType.Int64);
            var said = $"{name} {row.GetProperty("channels")}x{row.GetProperty("height")}x{row.GetProperty("width")}, "
                + $"{row.GetProperty("magnitude")}, {row.GetProperty("sign")}";
            if (row.TryGetProperty("pixels", out var pixels)) Assert.Equal(pixels.Labels().data<long>().ToArray(),
                y.flatten().data<long>().ToArray());
            var places = arange(1, y.numel() + 1, ScalarType.Int64).reshape(y.shape);
            Assert.True(row.GetProperty("sum").GetInt64() == y.sum().item<long>(), said);
            Assert.True(row.GetProperty("weighted").GetInt64() == (y * places).sum().item<long>(), said);
            seen++;
        }
        Assert.InRange(seen, 9, 18);
    }

    private static Tensor Image(JsonElement row)
    {
        long[] shape = [1, row.GetProperty("channels").GetInt64(), row.GetProperty("height").GetInt64(), row.GetProperty("width").GetInt64()];
        var wave = row.GetProperty("wave").Numbers();
        var (least, most) = (row.GetProperty("least").GetInt64(), row.GetProperty("most").GetInt64());
        var full = (127.5 + 127.5 * Reference.Wave(shape, wave[0], wave[1]) + 0.5).floor().clamp(0, 255).to(ScalarType.Int64);
        return (least + (full * (most - least)).div(255, RoundingMode.floor)).to(ScalarType.Byte);
    }
}
