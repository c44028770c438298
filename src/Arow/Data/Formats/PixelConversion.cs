using Arow.IO;

namespace Arow.Data;

/// <summary>Conversion of the numbers of an array to bytes of pixels.</summary>
/// <param name="Element">Element type.</param>
/// <param name="Scale">Factor before rounding.</param>
/// <param name="Remark">The conversion, in one line; null for bytes.</param>
internal sealed record PixelConversion(NpyElement Element, double Scale, string? Remark)
{
    /// <summary>
    /// Determines the conversion. Bytes are pixels, and so are other integers if all are in 0 to 255. Fractions in [0, 1] are
    /// multiplied by 255; other fractions are rounded if all are in 0 to 255.
    /// </summary>
    /// <exception cref="InputException">The numbers are out of range.</exception>
    public static PixelConversion Create(string path, NpzArray images)
    {
        var element = images.Element;
        if (element is { Kind: 'u', Size: 1 }) return new PixelConversion(element, 1, null);
        if (!element.IsNumber) throw new InputException($"{path}: {images.Name} is of type {images.Header.Type}; images must be bytes, |u1");
        var (least, most, _) = images.Range;
        if (!(least >= 0 && most <= byte.MaxValue))
        {
            throw new InputException(FormattableString.Invariant($"{path}: {images.Name} has numbers from {least:g4} to {most:g4}; ")
                + "pixels are bytes, or numbers in [0, 1] or from 0 to 255: undo a normalization before saving images");
        }
        var shares = !element.IsInteger && most <= 1;
        return new PixelConversion(element, shares ? byte.MaxValue : 1,
            FormattableString.Invariant($"{path}: {images.Name} is of type {images.Header.Type} with numbers from {least:g4} to {most:g4}, ")
            + (shares ? "multiplied by 255 and rounded to bytes" : "rounded to bytes"));
    }

    /// <summary>Reads the requested images.</summary>
    /// <param name="pixels">[M, C, H, W], uint8: destination.</param>
    /// <param name="stream">Stream at the first element.</param>
    /// <param name="layout">Layout of the array.</param>
    /// <param name="selected">Indices of the images, ascending.</param>
    public unsafe void ReadInto(Tensor pixels, Stream stream, NpzLayout layout, long[] selected)
    {
        // A pointer, because spans are limited to 2 GiB.
        var start = (byte*)pixels.storage<byte>().data_ptr();
        var size = layout.TargetOffsets.Length;
        if (layout.IsFortran)
        {
            var column = new ElementBlock(this, (int)layout.Count);
            foreach (var place in layout.TargetOffsets)
            {
                column.Read(stream);
                for (var i = 0; i < selected.Length; i++) start[(long)i * size + place] = column.Bytes[selected[i]];
            }
        }
        else
        {
            var (row, at) = (new ElementBlock(this, size), 0L);
            for (var i = 0; i < selected.Length; i++)
            {
                for (; at <= selected[i]; at++) row.Read(stream);
                for (var k = 0; k < size; k++) start[(long)i * size + layout.TargetOffsets[k]] = row.Bytes[k];
            }
        }
        GC.KeepAlive(pixels);
    }

    /// <summary>Reads the images one after the other, each [C, H, W]; those in Fortran's order are read together first.</summary>
    /// <param name="stream">Stream at the first element.</param>
    /// <param name="layout">Layout of the array.</param>
    public IEnumerable<byte[]> ReadRows(Stream stream, NpzLayout layout)
    {
        var size = layout.TargetOffsets.Length;
        if (layout.IsFortran)
        {
            using var all = empty([layout.Count, size], ScalarType.Byte, device: CPU).DetachFromDisposeScope();
            ReadInto(all, stream, layout, [.. Enumerable.Range(0, (int)layout.Count).Select(i => (long)i)]);
            for (var i = 0L; i < layout.Count; i++)
            {
                using var row = all[i];
                yield return row.data<byte>().ToArray();
            }
            yield break;
        }
        var block = new ElementBlock(this, size);
        for (var i = 0L; i < layout.Count; i++)
        {
            block.Read(stream);
            var planes = new byte[size];
            for (var k = 0; k < size; k++) planes[layout.TargetOffsets[k]] = block.Bytes[k];
            yield return planes;
        }
    }

    /// <summary>Consecutive elements of the file.</summary>
    private sealed class ElementBlock(PixelConversion pixels, int count)
    {
        private readonly byte[] raw = new byte[(long)count * pixels.Element.Size];
        private readonly double[] numbers = pixels.Remark is null ? [] : new double[count];

        /// <summary>The elements as pixels.</summary>
        public byte[] Bytes { get; } = new byte[count];

        public void Read(Stream stream)
        {
            stream.ReadExactly(raw);
            if (pixels.Remark is null)
            {
                raw.CopyTo(Bytes, 0);
                return;
            }
            pixels.Element.ToDoubles(raw, numbers);
            for (var i = 0; i < count; i++) Bytes[i] = (byte)Math.Round(numbers[i] * pixels.Scale);
        }
    }
}
