namespace Arow.Bench;

/// <summary>A training step with whatever it keeps from one to the next.</summary>
internal interface IStep : IDisposable
{
    void Take(Tensor x, Tensor y);
}
