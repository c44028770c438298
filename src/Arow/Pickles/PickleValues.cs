namespace Arow.Pickles;

/// <summary>A dictionary of a pickle, in its order; of two entries with the same key the later one is used.</summary>
internal sealed class PickleMap
{
    private readonly Dictionary<string, object?> named = [];

    /// <summary>Entries with string keys. Others, such as the numbers in an optimizer's state, are dropped.</summary>
    public IReadOnlyDictionary<string, object?> Entries => named;

    /// <summary>Whether entries were dropped.</summary>
    public bool HasOtherKeys { get; private set; }

    public void Set(object? key, object? value)
    {
        if (PickleText.Decode(key) is { } name) named[name] = value;
        else HasOtherKeys = true;
    }
}

/// <summary>A name in a pickle: a function or a class, never called.</summary>
internal sealed record PickleGlobal(string Name);

/// <summary>
/// A placeholder for an object that is not created, such as an instance of a class or the result of a function: nothing of it
/// runs. What the pickle would have given to it is kept, so that tensors within are found.
/// </summary>
/// <param name="name">Name of the class or function.</param>
/// <param name="arguments">What it would have been called with.</param>
internal sealed class PickleObject(string name, params object?[] arguments)
{
    /// <summary>Name of the class or function.</summary>
    public string Class => name;

    /// <summary>What it would have been called with.</summary>
    public IReadOnlyList<object?> Arguments => arguments;

    /// <summary>What would have been set by keys, as in a dictionary.</summary>
    public PickleMap Items { get; } = new();

    /// <summary>The state that it would have been given; null for none.</summary>
    public object? State { get; set; }
}
