namespace Arow.Pickles;

/// <summary>
/// Resolves the names in the pickles of one kind of file. No Python code is called: objects are created here. Invalid use is reported
/// by a .NET exception, which the reader turns into a message about a damaged file.
/// </summary>
internal interface IPickleNames
{
    /// <summary>Completes the message on an unknown instruction: "torch.save does not write for tensors".</summary>
    string Writer { get; }

    /// <summary>Whether objects of classes are supported, by <see cref="Object"/>.</summary>
    bool HasObjects => false;

    /// <summary>Returns the name if the file may use it.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="name">The name with its module.</param>
    /// <exception cref="InputException">The name is not allowed.</exception>
    PickleGlobal Allowed(string path, string name);

    /// <summary>Returns the result of a call.</summary>
    object? Make(PickleGlobal function, object?[] arguments);

    /// <summary>Creates an object of a class.</summary>
    object Object(PickleGlobal type) => throw new InvalidOperationException("no class");

    /// <summary>Sets the state of an object; false if it has none.</summary>
    bool Build(object target, object? state);

    /// <summary>Returns an object stored outside the pickle; null if not supported.</summary>
    object? Persistent(string path, object? id) => null;

    /// <summary>Decodes a string of Python 2, which may be text or bytes.</summary>
    object Python2(ReadOnlyMemory<byte> bytes) => PickleText.Of(bytes.Span);
}
