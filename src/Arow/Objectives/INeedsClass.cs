namespace Arow.Objectives;

/// <summary>
/// An objective that has a meaning only where a single class is true, because it looks at the strongest of the others or at
/// whether a prediction is right: not for labels of mixed images.
/// </summary>
public interface INeedsClass : IObjective;
