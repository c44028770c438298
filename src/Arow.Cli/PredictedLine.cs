using Arow.Inference;

namespace Arow.Cli;

/// <summary>A line of <c>arow predict</c>, and what is counted of it.</summary>
internal readonly record struct PredictedLine(string Text, bool IsDamaged, bool IsResized, bool IsFirstOfSeveral)
{
    private const int Damaged = 1, Resized = 2, Several = 4;

    public static PredictedLine From(NamedPrediction prediction, string text) => new(
        text, prediction.Error is not null, prediction.Prediction?.Resized == true, prediction.Prediction?.IsFirstOfSeveral == true);

    /// <summary>Formats the line for a journal: a digit with what is counted before the text.</summary>
    public string ToRecord() =>
        $"{(IsDamaged ? Damaged : 0) | (IsResized ? Resized : 0) | (IsFirstOfSeveral ? Several : 0)}{Text}";

    /// <summary>Parses the line of <see cref="ToRecord"/>.</summary>
    public static PredictedLine Parse(string record)
    {
        if (record is not [>= '0' and <= '7', ..])
            throw new InputException("the journal does not match the pictures; without that file the work restarts");
        var counted = record[0] - '0';
        return new(record[1..], (counted & Damaged) != 0, (counted & Resized) != 0, (counted & Several) != 0);
    }
}
