using System.Globalization;
using Arow.Evaluation;
using Arow.Studies;
using Arow.Training;

namespace Arow.Cli;

/// <summary>Progress of a study on standard error: a line for each piece of the work, under it that piece's own.</summary>
internal sealed class StudyDisplay : IDisposable
{
    private TrainingDisplay? training;
    private EvaluationDisplay? evaluating;

    public void Begin(StudyTask task, int done, int all)
    {
        End();
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{done + 1}/{all}] {task.Title}"));
        if (task.Evaluation is null) training = new TrainingDisplay();
        else evaluating = new EvaluationDisplay();
    }

    public void Step(TrainingProgress progress) => training?.Step(progress);

    public void Epoch(EpochRecord epoch) => training?.Epoch(epoch);

    public void Show(EvaluationProgress progress) => evaluating?.Show(progress);

    public void Tick() => evaluating?.Tick();

    public void Warn(string text)
    {
        if (training is not null) training.Warn(text);
        else if (evaluating is not null) evaluating.Say($"arow: {text}");
        else Console.Error.WriteLine($"arow: {text}");
    }

    public void End()
    {
        training?.Dispose();
        evaluating?.Done();
        (training, evaluating) = (null, null);
    }

    public void Dispose() => End();
}
