using Arow.Evaluation;

namespace Arow.Reports;

/// <summary>How reports call what was evaluated.</summary>
internal static class SubjectNames
{
    /// <summary>The architecture of a trained run; for models of other tools, whose architecture says little, the file.</summary>
    public static string Model(EvaluationSubject s) =>
        s.Objective is not null ? s.Model : $"{Path.GetFileName(s.Weights)} ({s.Model})";

    /// <summary>The name of the data set, and the folder's if it is a folder of the user's own.</summary>
    public static string Data(EvaluationSubject s) =>
        s.Dataset == "folder" && s.DataDir is { } folder ? $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))} (folder)" : s.Dataset;
}
