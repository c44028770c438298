namespace Arow.Pickles;

/// <summary>A dictionary of a pickle, in its order; of two entries with the same key the later one is used.</summary>
internal sealed class PickleMap
{
    private readonly Dictionary<string, object?> named = [];

    /// <summary>Entries with string keys. Others, such as the numbers in an optimizer's state, are dropped.</summary>
    public IReadOnlyDictionary<string, object?> Entries => named;

    public void Set(object? key, object? value)
    {
        if (PickleText.Decode(key) is { } name) named[name] = value;
    }
}

/// <summary>An allowed name in a pickle, not called yet.</summary>
internal sealed record PickleGlobal(string Name);
