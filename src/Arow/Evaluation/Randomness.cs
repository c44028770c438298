namespace Arow.Evaluation;

/// <summary>The source of random numbers for the attacks of an evaluation.</summary>
public enum Randomness
{
    /// <summary>Keyed by image: the result of an image depends neither on its batch nor on which images are still robust.</summary>
    Keyed,

    /// <summary>Drawn as in published code: reseeded for each attack and batch, shared by the images of a batch.</summary>
    Published,
}
