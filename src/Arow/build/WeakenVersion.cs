using System;
using System.IO;
using System.Text;

/// <summary>
/// Writes a copy of a library of the ELF64 format in which the need of one version is marked weak
/// (<c>VER_FLG_WEAK</c>): the loader then carries on where that version is absent. The original is only read.
/// Format: the System V ABI's version needs, section type <c>SHT_GNU_verneed</c>. Compiled at build time, by MSBuild.
/// </summary>
public sealed class WeakenVersion : Microsoft.Build.Utilities.Task
{
    private const int VersionNeeds = 0x6ffffffe;
    private const byte Weak = 2;

    /// <summary>The library.</summary>
    [Microsoft.Build.Framework.Required]
    public string Original { get; set; }

    /// <summary>Where the copy goes.</summary>
    [Microsoft.Build.Framework.Required]
    public string Copy { get; set; }

    /// <summary>The version's name: <c>GLIBCXX_3.4.32</c>.</summary>
    [Microsoft.Build.Framework.Required]
    public string Version { get; set; }

    /// <inheritdoc/>
    public override bool Execute()
    {
        var image = File.ReadAllBytes(Original);
        Weaken(image, Version);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(Copy)));
        File.WriteAllBytes(Copy, image);
        return true;
    }

    /// <summary>Marks the need in the image; false if the image has no such need.</summary>
    public static bool Weaken(byte[] image, string version)
    {
        var name = Encoding.ASCII.GetBytes(version + "\0");
        var sections = (int)BitConverter.ToInt64(image, 0x28);
        int sectionSize = U16(image, 0x3A), sectionCount = U16(image, 0x3C);

        for (var i = 0; i < sectionCount; i++)
        {
            var section = sections + i * sectionSize;
            if (U32(image, section + 4) != VersionNeeds) continue;
            var strings = Offset(image, sections + U32(image, section + 0x28) * sectionSize);

            var file = Offset(image, section);
            for (var next = -1; next != 0; file += next)
            {
                var entry = file + U32(image, file + 8);
                for (var k = U16(image, file + 2); k > 0; k--)
                {
                    if (StartsWith(image, strings + U32(image, entry + 8), name))
                    {
                        image[entry + 4] |= Weak;
                        return true;
                    }
                    entry += U32(image, entry + 12);
                }
                next = U32(image, file + 12);
            }
        }
        return false;
    }

    private static bool StartsWith(byte[] image, int at, byte[] name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (image[at + i] != name[i]) return false;
        }
        return true;
    }

    private static int Offset(byte[] image, int section) => (int)BitConverter.ToInt64(image, section + 0x18);

    private static int U16(byte[] image, int at) => BitConverter.ToUInt16(image, at);

    private static int U32(byte[] image, int at) => (int)BitConverter.ToUInt32(image, at);
}
