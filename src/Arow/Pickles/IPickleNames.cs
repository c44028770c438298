namespace Arow.Pickles;

/// <summary>
/// What the pickles of one kind of file may ask for, and what becomes of it. Nothing of Python's is called: what is made is made
/// here. Whatever makes no sense is said by an exception of .NET's, which becomes the reader's word on a damaged file.
/// </summary>
internal interface IPickleNames
{
    /// <summary>Who would not write an instruction that is not known, for the message: "torch.save writes for no tensor".</summary>
    string Writer { get; }

    /// <summary>Whether objects of classes are made, which <see cref="Object"/> is then asked for.</summary>
    bool HasObjects => false;

    /// <summary>The name, if the file may ask for it.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="name">The name with its module.</param>
    /// <exception cref="InputException">It may not.</exception>
    PickleGlobal Allowed(string path, string name);

    /// <summary>What a call comes to.</summary>
    object? Make(PickleGlobal function, object?[] arguments);

    /// <summary>An object of a class.</summary>
    object Object(PickleGlobal type) => throw new InvalidOperationException("no class");

    /// <summary>Gives an object its state; false if it takes none.</summary>
    bool Build(object target, object? state);

    /// <summary>What lies outside of the pickle under a name; null if nothing can.</summary>
    object? Persistent(string path, object? id) => null;

    /// <summary>A string of Python 2, which is text or bytes: nobody knows which.</summary>
    object Python2(ReadOnlyMemory<byte> bytes) => PickleText.Of(bytes.Span);
}
