using System.Buffers.Binary;
using System.Numerics;

namespace Arow.Pickles;

/// <summary>
/// Reads a Python pickle of numbers, strings, containers and what <paramref name="names"/> resolves. It cannot call anything else: an
/// unknown name is an error. Containers are lists, arrays (tuples) and <see cref="PickleMap"/>; a file can make them contain
/// themselves. Byte strings are slices of the file, not copies.
/// </summary>
/// <param name="path">The file, for messages.</param>
/// <param name="bytes">The pickle, possibly followed by other data.</param>
/// <param name="names">Resolves names.</param>
internal sealed class Pickle(string path, ReadOnlyMemory<byte> bytes, IPickleNames names)
{
    private const int MostSteps = 20_000_000; // a checkpoint of a network has some 100 for each of its tensors, CIFAR 3 for each image
    private const int LongestName = 1000;

    private readonly Stack<List<object?>> outer = [];
    private readonly Dictionary<long, object?> memo = [];
    private List<object?> stack = [];
    private int at;

    /// <summary>Number of bytes of the pickle.</summary>
    public int Length => at;

    /// <summary>Reads the object.</summary>
    /// <exception cref="InputException">The pickle is damaged or uses a name that is not allowed.</exception>
    public object? Read()
    {
        try
        {
            for (var step = 0; step < MostSteps; step++)
            {
                if (Step((char)Byte())) return stack.Count == 1 && outer.Count == 0 ? stack[0] : throw Fault();
            }
            throw new InputException($"{path}: its pickle does not end");
        }
        catch (Exception e) when (e is ArgumentException or InvalidCastException or InvalidOperationException
            or OverflowException or IndexOutOfRangeException or KeyNotFoundException or NullReferenceException)
        {
            throw new InputException($"{path}: is damaged: its pickle is invalid at byte {at}", e);
        }
    }

    /// <summary>Executes one instruction; returns true after the last.</summary>
    private bool Step(char code)
    {
        switch (code)
        {
            case '.': return true;
            case '\x80': if (Byte() > 5) throw Fault(); break;
            case '\x95': Take(8); break; // a frame: where to buffer, of no meaning

            case 'N': Push(null); break;
            case '\x88': Push(true); break;
            case '\x89': Push(false); break;
            case 'K': Push((long)Byte()); break;
            case 'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case 'J': Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case '\x8a': Push(Whole(Take(Byte()))); break;
            case '\x8b': Push(Whole(Take(Size(4)))); break;
            case 'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case 'X': Push(Text(Size(4))); break;
            case '\x8c': Push(Text(Byte())); break;
            case '\x8d': Push(Text(Size(8))); break;
            case 'U': Push(names.Python2(Part(Byte()))); break;
            case 'T': Push(names.Python2(Part(Size(4)))); break;
            case 'C': Push(Part(Byte())); break;
            case 'B': Push(Part(Size(4))); break;
            case '\x8e' or '\x96': Push(Part(Size(8))); break; // bytes and bytearray

            case '}': Push(new PickleMap()); break;
            case ']': Push(new List<object?>()); break;
            case ')': Push(Array.Empty<object?>()); break;
            case '\x85': Push(Last(1)); break;
            case '\x86': Push(Last(2)); break;
            case '\x87': Push(Last(3)); break;
            case 't': Push(SinceMark().ToArray()); break;
            case '(': outer.Push(stack); stack = []; break;
            case '0': Pop(); break;
            case '1': SinceMark(); break;
            case 'a': var item = Pop(); ((List<object?>)Top).Add(item); break;
            case 'e': var items = SinceMark(); ((List<object?>)Top).AddRange(items); break;
            case 's': var pair = Last(2); ((PickleMap)Top).Set(pair[0], pair[1]); break;
            case 'u': SetAll(SinceMark()); break;

            case 'q': memo[Byte()] = Top; break;
            case 'r': memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Top; break;
            case '\x94': memo[memo.Count] = Top; break;
            case 'h': Push(memo[Byte()]); break;
            case 'j': Push(memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))]); break;

            case 'c': var module = Line(); Push(names.Allowed(path, $"{module}.{Line()}")); break;
            case '\x93': var named = Last(2); Push(names.Allowed(path, $"{(string)named[0]!}.{(string)named[1]!}")); break;
            case 'R': var call = Last(2); Push(names.Make((PickleGlobal)call[0]!, (object?[])call[1]!)); break;
            case 'Q': Push(names.Persistent(path, Pop()) ?? throw Fault()); break;
            case '\x81' when names.HasObjects: var made = Last(2); Push(names.Object((PickleGlobal)made[0]!)); break;
            case 'b': var state = Pop(); if (!names.Build(Top, state)) throw Fault(); break;

            default: throw new InputException($"{path}: its pickle has instruction 0x{(int)code:x2} at byte {at - 1}, which {names.Writer}");
        }
        return false;
    }

    private object Top => stack[^1] ?? throw Fault();

    private void Push(object? value) => stack.Add(value);

    private object? Pop()
    {
        var top = stack[^1];
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    private object?[] Last(int count)
    {
        var last = stack.GetRange(stack.Count - count, count).ToArray();
        stack.RemoveRange(stack.Count - count, count);
        return last;
    }

    private List<object?> SinceMark()
    {
        var since = stack;
        stack = outer.Pop();
        return since;
    }

    private void SetAll(List<object?> pairs)
    {
        var map = (PickleMap)Top;
        if (pairs.Count % 2 != 0) throw Fault();
        for (var i = 0; i < pairs.Count; i += 2) map.Set(pairs[i], pairs[i + 1]);
    }

    private byte Byte() => Take(1)[0];

    private int Size(int bytes)
    {
        var size = bytes == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(Take(4)) : BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
        return size <= int.MaxValue ? (int)size : throw Fault();
    }

    private ReadOnlySpan<byte> Take(int count) => Part(count).Span;

    private ReadOnlyMemory<byte> Part(int count)
    {
        if (count > bytes.Length - at) throw new InputException($"{path}: is truncated: its pickle is incomplete");
        at += count;
        return bytes.Slice(at - count, count);
    }

    private string Text(int size) => PickleText.Of(Take(size));

    private string Line()
    {
        var length = bytes.Span[at..].IndexOf((byte)'\n');
        if (length < 0) throw new InputException($"{path}: is truncated: its pickle is incomplete");
        if (length > LongestName) throw Fault();
        var line = Text(length);
        at++;
        return line;
    }

    private static object Whole(ReadOnlySpan<byte> little)
    {
        if (little.Length > 255) throw new OverflowException();
        var value = new BigInteger(little);
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    private InputException Fault() => new($"{path}: is damaged: its pickle is invalid at byte {at}");
}
