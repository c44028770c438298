using System.Buffers.Binary;
using System.Numerics;

namespace Arow.Pickles;

/// <summary>
/// Reads a Python pickle of numbers, strings, containers and what <paramref name="resolver"/> resolves. It cannot call anything: an
/// unknown name is an error or, if the resolver supports objects, a placeholder. Containers are lists (also for sets), arrays (tuples)
/// and <see cref="PickleMap"/>; a file can make them contain themselves. Byte strings are slices of the file, not copies.
/// </summary>
/// <param name="path">The file, for messages.</param>
/// <param name="bytes">The pickle, possibly followed by other data.</param>
/// <param name="resolver">Resolves names.</param>
internal sealed class PickleReader(string path, ReadOnlyMemory<byte> bytes, IPickleResolver resolver)
{
    private const int MaxSteps = 20_000_000; // a checkpoint of a network has some 100 for each of its tensors, CIFAR 3 for each image
    private const int MaxNameLength = 1000;

    private readonly Stack<List<object?>> marks = [];
    private readonly Dictionary<long, object?> memo = [];
    private List<object?> stack = [];
    private int position;

    /// <summary>Number of bytes of the pickle.</summary>
    public int Length => position;

    /// <summary>Reads the object.</summary>
    /// <exception cref="InputException">The pickle is damaged or uses a name that is not allowed.</exception>
    public object? Read()
    {
        try
        {
            for (var step = 0; step < MaxSteps; step++)
            {
                if (Execute((char)ReadByte())) return stack.Count == 1 && marks.Count == 0 ? stack[0] : throw InvalidException();
            }
            throw new InputException($"{path}: its pickle does not end");
        }
        catch (Exception e) when (e is ArgumentException or InvalidCastException or InvalidOperationException
            or OverflowException or IndexOutOfRangeException or KeyNotFoundException or NullReferenceException)
        {
            throw new InputException($"{path}: is damaged: its pickle is invalid at byte {position}", e);
        }
    }

    /// <summary>Executes one instruction; returns true after the last.</summary>
    private bool Execute(char code)
    {
        switch (code)
        {
            case '.': return true;
            case '\x80': if (ReadByte() > 5) throw InvalidException(); break;
            case '\x95': ReadBytes(8); break; // a frame: where to buffer, of no meaning

            case 'N': Push(null); break;
            case '\x88': Push(true); break;
            case '\x89': Push(false); break;
            case 'K': Push((long)ReadByte()); break;
            case 'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(ReadBytes(2))); break;
            case 'J': Push((long)BinaryPrimitives.ReadInt32LittleEndian(ReadBytes(4))); break;
            case '\x8a': Push(ToInteger(ReadBytes(ReadByte()))); break;
            case '\x8b': Push(ToInteger(ReadBytes(ReadSize(4)))); break;
            case 'G': Push(BinaryPrimitives.ReadDoubleBigEndian(ReadBytes(8))); break;
            case 'X': Push(ReadText(ReadSize(4))); break;
            case '\x8c': Push(ReadText(ReadByte())); break;
            case '\x8d': Push(ReadText(ReadSize(8))); break;
            case 'U': Push(resolver.DecodePython2String(ReadMemory(ReadByte()))); break;
            case 'T': Push(resolver.DecodePython2String(ReadMemory(ReadSize(4)))); break;
            case 'C': Push(ReadMemory(ReadByte())); break;
            case 'B': Push(ReadMemory(ReadSize(4))); break;
            case '\x8e' or '\x96': Push(ReadMemory(ReadSize(8))); break; // bytes and bytearray

            case '}': Push(new PickleMap()); break;
            case ']' or '\x8f': Push(new List<object?>()); break; // a list, a set
            case '\x91': Push(PopToMark()); break; // a set that does not change
            case ')': Push(Array.Empty<object?>()); break;
            case '\x85': Push(PopMany(1)); break;
            case '\x86': Push(PopMany(2)); break;
            case '\x87': Push(PopMany(3)); break;
            case 't': Push(PopToMark().ToArray()); break;
            case '(': marks.Push(stack); stack = []; break;
            case '0': Pop(); break;
            case '2': Push(stack[^1]); break;
            case '1': PopToMark(); break;
            case 'a': var item = Pop(); AddItems([item]); break;
            case 'e' or '\x90': AddItems(PopToMark()); break; // to a list, to a set
            case 's': var pair = PopMany(2); TopMap.Set(pair[0], pair[1]); break;
            case 'u': SetAll(PopToMark()); break;

            case 'q': memo[ReadByte()] = Top; break;
            case 'r': memo[BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(4))] = Top; break;
            case '\x94': memo[memo.Count] = Top; break;
            case 'h': Push(memo[ReadByte()]); break;
            case 'j': Push(memo[BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(4))]); break;

            case 'c': var module = ReadLine(); Push(resolver.Resolve(path, $"{module}.{ReadLine()}")); break;
            case '\x93': var named = PopMany(2); Push(resolver.Resolve(path, $"{(string)named[0]!}.{(string)named[1]!}")); break;
            case 'R': var call = PopMany(2); Push(Call(call[0], (object?[])call[1]!)); break;
            case 'Q': Push(resolver.LoadPersistent(path, Pop()) ?? throw InvalidException()); break;
            case '\x81' when resolver.SupportsObjects: var made = PopMany(2); Push(Create(made[0], (object?[])made[1]!)); break;
            case '\x92' when resolver.SupportsObjects: var named3 = PopMany(3); Push(Create(named3[0], (object?[])named3[1]!)); break;
            case 'b': var state = Pop(); if (!resolver.SetState(Top, state)) throw InvalidException(); break;

            default:
                throw new InputException(
                $"{path}: its pickle has instruction 0x{(int)code:x2} at byte {position - 1}, which {resolver.UnknownInstruction}");
        }
        return false;
    }

    /// <summary>The result of a call of a name; what a placeholder is called with gives another one.</summary>
    private object? Call(object? function, object?[] arguments) => function is PickleObject made && resolver.SupportsObjects
        ? new PickleObject(made.Class, arguments) : resolver.Invoke((PickleGlobal)function!, arguments);

    private object Create(object? type, object?[] arguments) =>
        type is PickleObject made ? new PickleObject(made.Class, arguments) : resolver.CreateObject((PickleGlobal)type!, arguments);

    private PickleMap TopMap => Top is PickleObject made ? made.Items : (PickleMap)Top;

    /// <summary>Adds to the list on top; what is added to a placeholder is dropped.</summary>
    private void AddItems(List<object?> items)
    {
        if (Top is not PickleObject) ((List<object?>)Top).AddRange(items);
    }

    private object Top => stack[^1] ?? throw InvalidException();

    private void Push(object? value) => stack.Add(value);

    private object? Pop()
    {
        var top = stack[^1];
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    private object?[] PopMany(int count)
    {
        var last = stack.GetRange(stack.Count - count, count).ToArray();
        stack.RemoveRange(stack.Count - count, count);
        return last;
    }

    private List<object?> PopToMark()
    {
        var since = stack;
        stack = marks.Pop();
        return since;
    }

    private void SetAll(List<object?> pairs)
    {
        var map = TopMap;
        if (pairs.Count % 2 != 0) throw InvalidException();
        for (var i = 0; i < pairs.Count; i += 2) map.Set(pairs[i], pairs[i + 1]);
    }

    private byte ReadByte() => ReadBytes(1)[0];

    private int ReadSize(int bytes)
    {
        var size = bytes == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(4)) : BinaryPrimitives.ReadUInt64LittleEndian(ReadBytes(8));
        return size <= int.MaxValue ? (int)size : throw InvalidException();
    }

    private ReadOnlySpan<byte> ReadBytes(int count) => ReadMemory(count).Span;

    private ReadOnlyMemory<byte> ReadMemory(int count)
    {
        if (count > bytes.Length - position) throw new InputException($"{path}: is truncated: its pickle is incomplete");
        position += count;
        return bytes.Slice(position - count, count);
    }

    private string ReadText(int size) => PickleText.Decode(ReadBytes(size));

    private string ReadLine()
    {
        var length = bytes.Span[position..].IndexOf((byte)'\n');
        if (length < 0) throw new InputException($"{path}: is truncated: its pickle is incomplete");
        if (length > MaxNameLength) throw InvalidException();
        var line = ReadText(length);
        position++;
        return line;
    }

    private static object ToInteger(ReadOnlySpan<byte> little)
    {
        if (little.Length > 255) throw new OverflowException();
        var value = new BigInteger(little);
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    private InputException InvalidException() => new($"{path}: is damaged: its pickle is invalid at byte {position}");
}
