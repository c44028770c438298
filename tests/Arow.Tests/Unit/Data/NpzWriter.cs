using System.IO.Compression;
using System.Text;

namespace Arow.Tests.Unit.Data;

/// <summary>Files of NumPy's np.savez, written out by hand.</summary>
internal static class NpzWriter
{
    /// <summary>A file of arrays.</summary>
    public static byte[] Write(params (string Name, string Type, long[] Shape, byte[] Content)[] arrays) =>
        Write([.. arrays.Select(a => (a.Name, a.Type, a.Shape, a.Content, false))]);

    /// <summary>The same, of arrays of which some are in Fortran's order.</summary>
    public static byte[] Write(params (string Name, string Type, long[] Shape, byte[] Content, bool Fortran)[] arrays)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, type, shape, content, fortran) in arrays)
            {
                using var stream = zip.CreateEntry($"{name}.npy").Open();
                var descr = type.StartsWith('[') ? type : $"'{type}'";
                var header = Encoding.ASCII.GetBytes(
                    $"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': ({string.Concat(shape.Select(n => $"{n}, "))}), }}\n");
                stream.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, (byte)(header.Length >> 8)]);
                stream.Write(header);
                stream.Write(content);
            }
        }
        return packed.ToArray();
    }
}
