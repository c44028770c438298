namespace Arow.Objectives;

/// <summary>An objective that draws random numbers: bound once a batch.</summary>
public interface IRandomized : IObjective
{
    /// <summary>Returns the objective for one batch.</summary>
    /// <param name="noise">A row for each image of the batch.</param>
    IObjective Draw(Noise noise);
}
