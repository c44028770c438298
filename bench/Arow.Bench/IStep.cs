namespace Arow.Bench;

/// <summary>A training step with whatever it keeps from one to the next.</summary>
internal interface IStep : IDisposable
{
    /// <summary>Takes one; with fewer steps of the attack than it should have, to warm up.</summary>
    void Take(Tensor x, Tensor y, int attackSteps = Job.AttackSteps);
}
