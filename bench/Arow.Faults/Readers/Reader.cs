namespace Arow.Faults.Readers;

/// <summary>A kind of input that Arow reads.</summary>
/// <param name="Name">For the table and <c>--only</c>.</param>
/// <param name="Prepare">Puts an input into an empty folder, its parts gone through the spoilage; gives what reads it, as the program does.</param>
internal sealed record Reader(string Name, Func<Spoilage, string, Action> Prepare)
{
    /// <summary>Files of the sources whose opening of files this reaches.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Classes of data sets that this reads.</summary>
    public IReadOnlyList<Type> DataSets { get; init; } = [];

    /// <summary>Processor time that a reading may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(2);
}
