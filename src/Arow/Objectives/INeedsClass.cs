namespace Arow.Objectives;

/// <summary>
/// An objective that is defined only for a single true class, because it uses the strongest other class or
/// whether a prediction is correct: not for labels of mixed images.
/// </summary>
public interface INeedsClass : IObjective;
