namespace Arow.Tests.Unit.IO;

public sealed class ProtobufReaderTests
{
    private static ProtobufReader Reader(byte[] bytes, int maxFields = int.MaxValue) => new(new MemoryStream(bytes), maxFields);

    [Fact]
    public void Fields_are_read_whatever_was_read_between_them()
    {
        // 1: 300; 2: { 1: "ab" }; 3: a double; 4: a float; 5: packed 1, 300.
        var reader = Reader([0x08, 0xac, 2, 0x12, 4, 0x0a, 2, .. "ab"u8, 0x19, .. BitConverter.GetBytes(2.5), 0x25, .. BitConverter.GetBytes(0.5f),
            0x2a, 3, 1, 0xac, 2]);
        var seen = new List<string>();
        foreach (var field in reader.ReadFields(reader.Whole))
        {
            seen.Add(field switch
            {
                { Number: 2 } => reader.ReadText(reader.ReadFields(field).Single()),
                { Number: 3 } => $"{BitConverter.Int64BitsToDouble(field.Value)}",
                { Number: 4 } => $"{BitConverter.Int32BitsToSingle((int)field.Value)}",
                _ => string.Join(' ', reader.ReadIntegers(field)),
            });
        }
        Assert.Equal(["300", "ab", "2.5", "0.5", "1 300"], seen);
        Assert.Equal("ab", reader.ReadText(Assert.Single(reader.ReadMessages(reader.Whole, 2, 1))));
    }

    [Theory]
    [InlineData("a field beyond its message", 0x0a, 5, 1)]
    [InlineData("a field beyond its message", 0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)]
    [InlineData("a number beyond its message", 0x08, 0x80)]
    [InlineData("a number of more than ten bytes", 0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0)]
    [InlineData("a field without a number", 0x00, 1)]
    [InlineData("a field of unknown form", 0x0b)]
    [InlineData("a field of unknown form", 0x09, 1, 2, 3)]
    [InlineData("a field of unknown form", 0x0d, 1, 2, 3)]
    [InlineData("more fields", 0x08, 1, 0x08, 1, 0x08, 1)]
    public void What_is_damaged_is_refused(string says, params int[] bytes)
    {
        var reader = Reader([.. bytes.Select(b => (byte)b)], maxFields: 2);
        Assert.StartsWith(says, Assert.Throws<InvalidDataException>(() => reader.ReadFields(reader.Whole).Count()).Message);
    }

    [Fact]
    public void Numbers_of_a_broken_list_are_refused()
    {
        var reader = Reader([0x0a, 3, 1, 2, 3]);
        Assert.Throws<InvalidDataException>(() => reader.ReadNumbers<float>(reader.ReadFields(reader.Whole).Single()));
    }
}
