namespace Arow.Evaluation;

/// <summary>Where the attacks of an evaluation have their random numbers from.</summary>
public enum Randomness
{
    /// <summary>Keyed by image: what befalls an image depends neither on its batch nor on who is still standing.</summary>
    Keyed,

    /// <summary>Drawn as published code draws: seeded anew for each attack and batch, shared by the images of a batch.</summary>
    Published,
}
