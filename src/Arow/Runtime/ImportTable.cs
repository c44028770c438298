using System.Runtime.InteropServices;

namespace Arow.Runtime;

/// <summary>
/// The addresses through which a loaded ELF64 library calls functions of other libraries: its global offset table (System V
/// ABI, dynamic section and relocations). For Linux with glibc, whose library handles begin with the <c>link_map</c>.
/// </summary>
internal static unsafe class ImportTable
{
    // Tags of the dynamic section.
    private const long End = 0, SizeOfJumps = 2, Strings = 5, Symbols = 6, Relocations = 7, SizeOfRelocations = 8, Jumps = 23;
    private const int SymbolSize = 24;

    // Relocations that hold the address of a function: R_X86_64_GLOB_DAT and R_X86_64_JUMP_SLOT.
    private const uint GlobalData = 6, JumpSlot = 7;

    /// <summary>Returns the slots of an imported function's address; usually one, none if the library does not import it.</summary>
    /// <param name="library">The handle of the library.</param>
    /// <param name="function">The name of the function.</param>
    public static IReadOnlyList<nint> Find(nint library, string function)
    {
        var map = (LinkMap*)library;
        var entries = new Dictionary<long, nint>();
        for (var entry = map->Dynamic; entry->Tag != End; entry++) entries.TryAdd(entry->Tag, entry->Value);

        var found = new List<nint>();
        if (!entries.ContainsKey(Strings) || !entries.ContainsKey(Symbols)) return found;
        var (strings, symbols) = (Address(Strings), Address(Symbols));
        foreach (var (table, size) in (ReadOnlySpan<(long, long)>)[(Jumps, SizeOfJumps), (Relocations, SizeOfRelocations)])
        {
            if (!entries.TryGetValue(size, out var bytes) || !entries.ContainsKey(table)) continue;
            var relocations = new ReadOnlySpan<Relocation>((void*)Address(table), (int)(bytes / sizeof(Relocation)));
            foreach (var relocation in relocations)
            {
                if (relocation.Kind is not (GlobalData or JumpSlot)) continue;
                var name = *(uint*)(symbols + relocation.Symbol * SymbolSize);
                if (Marshal.PtrToStringUTF8(strings + (nint)name) == function) found.Add(map->Base + relocation.Offset);
            }
        }
        return found;

        // Some loaders write absolute addresses into the section, others leave them relative to the base of the library.
        nint Address(long tag) => entries[tag] < map->Base ? map->Base + entries[tag] : entries[tag];
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct LinkMap
    {
        public nint Base;
        public nint Name;
        public DynamicEntry* Dynamic;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct DynamicEntry
    {
        public long Tag;
        public nint Value;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Relocation
    {
        public nint Offset;
        public uint Kind;
        public uint Symbol;
        public long Addend;
    }
}
