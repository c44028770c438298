using System.Runtime.InteropServices;
using BitMiracle.LibTiff.Classic;

namespace Arow.Data;

/// <summary>Converts the values of a TIFF picture, unpacked row by row, to bytes: grey, or red, green, blue and opacity.</summary>
/// <param name="header">Its header.</param>
/// <param name="isGrey">Whether there is one byte for each pixel; otherwise there are four.</param>
internal sealed class TiffDecoder(TiffHeader header, bool isGrey)
{
    private const int Red = 0, Opacity = 3;

    private readonly int largest = (1 << header.Bits) - 1;
    private byte[][] palette = [];

    private readonly bool hasOpacity = !isGrey && header.HasOpacity;

    private int ColourSamples => header.ColourSamples;

    /// <summary>Values of a pixel that lie beside one another.</summary>
    private int Together => header.IsPlanar ? 1 : header.Samples;

    /// <summary>Bytes of the values of a row.</summary>
    public long RowBytes(int width) => ((long)width * Together * header.Bits + 7) / 8;

    /// <summary>Sets the colours of a palette; false if there are too few.</summary>
    public bool SetPalette(FieldValue[]? map)
    {
        if (map is not [var red, var green, var blue, ..]) return false;
        ushort[][] all = [red.ToUShortArray(), green.ToUShortArray(), blue.ToUShortArray()];
        if (all.Any(colour => colour is null || colour.Length <= largest)) return false;
        // Some programs write bytes.
        var shift = all.Any(colour => colour.Any(value => value > byte.MaxValue)) ? 8 : 0;
        palette = [.. all.Select(colour => colour.Select(value => (byte)(value >> shift)).ToArray())];
        return true;
    }

    /// <summary>Puts the values of a row in their place.</summary>
    /// <param name="values">Unpacked, of 16 bits in the order of this machine.</param>
    /// <param name="left">First pixel.</param>
    /// <param name="count">Number of pixels.</param>
    /// <param name="y">The row.</param>
    /// <param name="plane">The plane, if each has its own.</param>
    /// <param name="room">All pixels.</param>
    public void Put(ReadOnlySpan<byte> values, int left, int count, int y, int plane, Span<byte> room)
    {
        var size = isGrey ? 1 : Opacity + 1;
        var row = room.Slice((int)(((long)y * header.Width + left) * size), count * size);
        for (var s = 0; s < Together; s++)
        {
            var sample = header.IsPlanar ? plane : s;
            if (sample < ColourSamples) PutColour(values, s, row, sample);
            else if (sample == ColourSamples && hasOpacity) PutOne(values, s, row, Opacity);
        }
        if (hasOpacity || isGrey) return;
        for (var i = Opacity; i < row.Length; i += size) row[i] = byte.MaxValue;
    }

    /// <summary>Divides by the opacity what is stored multiplied by it, as Pillow does.</summary>
    public void Finish(Span<byte> room)
    {
        if (!hasOpacity || header.Extra != 1) return;
        for (var i = 0; i < room.Length; i += Opacity + 1)
        {
            var opacity = room[i + Opacity];
            if (opacity is 0 or byte.MaxValue) continue;
            for (var c = i; c < i + Opacity; c++) room[c] = (byte)Math.Min(byte.MaxValue, room[c] * byte.MaxValue / opacity);
        }
    }

    private void PutColour(ReadOnlySpan<byte> values, int s, Span<byte> row, int sample)
    {
        if (ColourSamples == 3 || isGrey) PutOne(values, s, row, isGrey ? Red : sample);
        else
        {
            for (var c = 0; c < Opacity; c++) PutOne(values, s, row, c);
        }
    }

    /// <summary>Puts one value of each pixel into one byte of each.</summary>
    private void PutOne(ReadOnlySpan<byte> values, int s, Span<byte> row, int to)
    {
        var size = isGrey ? 1 : Opacity + 1;
        var inverts = header.Colours == TiffColours.WhiteIsZero && to != Opacity;
        var colours = header.Colours == TiffColours.Palette ? palette[to] : null;
        for (int i = s, at = to; at < row.Length; i += Together, at += size)
        {
            var value = Value(values, i);
            row[at] = colours is not null ? colours[value] : (byte)(inverts ? byte.MaxValue - ToByte(value) : ToByte(value));
        }
    }

    private int Value(ReadOnlySpan<byte> values, int i) => header.Bits switch
    {
        8 => values[i],
        16 => MemoryMarshal.Cast<byte, ushort>(values)[i],
        var bits => values[i * bits / 8] >> (8 - bits - i * bits % 8) & largest,
    };

    /// <summary>The upper 8 bits of 16; fewer are stretched.</summary>
    private int ToByte(int value) => header.Bits == 16 ? value >> 8 : header.Bits == 8 ? value : value * byte.MaxValue / largest;
}
