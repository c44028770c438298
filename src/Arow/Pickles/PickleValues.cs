namespace Arow.Pickles;

/// <summary>A dictionary of a pickle, in its order; of two entries with one name the later counts.</summary>
internal sealed class PickleMap
{
    private readonly Dictionary<string, object?> named = [];

    /// <summary>The entries whose keys are texts. Others, such as the numbers in an optimizer's state, are dropped.</summary>
    public IReadOnlyDictionary<string, object?> Named => named;

    public void Set(object? key, object? value)
    {
        if (PickleText.Of(key) is { } name) named[name] = value;
    }
}

/// <summary>A name that a pickle asks for: allowed, and not called yet.</summary>
internal sealed record PickleGlobal(string Name);
