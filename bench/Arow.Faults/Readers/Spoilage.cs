namespace Arow.Faults.Readers;

/// <summary>What becomes of the parts of an input: nothing, or damage.</summary>
/// <param name="Dice">Decides between the forms that a good input may have, and on the damage.</param>
/// <param name="Damages">Whether there is any.</param>
internal sealed record Spoilage(Random Dice, bool Damages)
{
    /// <summary>Bytes as storage may leave them.</summary>
    public byte[] Bytes(byte[] good) => Damages ? Damage.Of(good, Dice, good) : good;

    /// <summary>Damage of a kind that the format calls for.</summary>
    public byte[] By(Func<byte[], Random, byte[]> damage, byte[] good) => Damages ? damage(good, Dice) : good;

    /// <summary>JSON with other values, or damaged as bytes.</summary>
    public byte[] Json(byte[] good) => By(Damage.Json, good);

    /// <summary>One of several.</summary>
    public T Any<T>(IReadOnlyList<T> all) => all[Dice.Next(all.Count)];

    /// <summary>True once in so many times.</summary>
    public bool Once(int times) => Dice.Next(times) == 0;
}
