using Arow.Models;
using Arow.Models.Execution;

namespace Arow.Bench;

/// <summary>Arow's step on a job, and others to be timed beside it, each with a network of its own.</summary>
internal sealed class Contest : IDisposable
{
    private readonly List<IDisposable> owned = [];
    private readonly Tensor x, y;
    private readonly Ours ours;

    public Contest(Job job)
    {
        Job = job;
        (x, y) = job.Images();
        ours = Own(new Ours(Network(), job));
    }

    public Job Job { get; }

    public Reading Ours(int attackSteps) => Reading.Of(() => ours.Take(x, y, attackSteps));

    public Timed Published() => Of(new Published(Network()));

    public Timed Exact() => Of(new Ours(Network(), Job, Precision.Exact));

    public Timed Written(Means means) => Of(new Written(Network(), means));

    public Timed Released() => Own(new Apart(Job, nameof(Bench.Ours), Apart.Released)).Take;

    public void Dispose()
    {
        for (var i = owned.Count - 1; i >= 0; i--) owned[i].Dispose();
        x.Dispose();
        y.Dispose();
    }

    private Timed Of(IStep step)
    {
        Own(step);
        return attackSteps => Reading.Of(() => step.Take(x, y, attackSteps));
    }

    private Network Network() => Own(Job.CreateNetwork());

    private T Own<T>(T thing) where T : IDisposable
    {
        owned.Add(thing);
        return thing;
    }
}
