namespace Arow.Pickles;

/// <summary>
/// Resolves the names in the pickles of one kind of file. No Python code is called: objects are created here. Invalid use is reported
/// by a .NET exception, which the reader turns into a message about a damaged file.
/// </summary>
internal interface IPickleResolver
{
    /// <summary>Completes the message on an unknown instruction: "torch.save does not write for tensors".</summary>
    string UnknownInstruction { get; }

    /// <summary>Whether objects of classes are supported, as placeholders by <see cref="CreateObject"/>.</summary>
    bool SupportsObjects => false;

    /// <summary>Returns the name if the file may use it.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="name">The name with its module.</param>
    /// <exception cref="InputException">The name is not allowed.</exception>
    PickleGlobal Resolve(string path, string name);

    /// <summary>Returns the result of a call.</summary>
    object? Invoke(PickleGlobal function, object?[] arguments);

    /// <summary>Creates a placeholder for an object of a class.</summary>
    object CreateObject(PickleGlobal type, object?[] arguments) => throw new InvalidOperationException("no class");

    /// <summary>Sets the state of an object; false if it has none.</summary>
    bool SetState(object target, object? state);

    /// <summary>Returns an object stored outside the pickle; null if not supported.</summary>
    object? LoadPersistent(string path, object? id) => null;

    /// <summary>Decodes a string of Python 2, which may be text or bytes.</summary>
    object DecodePython2String(ReadOnlyMemory<byte> bytes) => PickleText.Decode(bytes.Span);
}
