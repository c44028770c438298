using System.Text.RegularExpressions;

namespace Arow.Data;

/// <summary>Purpose of a split.</summary>
internal enum SplitRole
{
    /// <summary>Training.</summary>
    Train,

    /// <summary>Selection of weights.</summary>
    Validation,

    /// <summary>Testing.</summary>
    Test,
}

/// <summary>
/// A folder name that indicates a split, in any case and with common additions: <c>train</c>, <c>Validation</c>, <c>TEST_SET</c>,
/// <c>val2017</c>, <c>seg_train</c>.
/// </summary>
/// <param name="Role">The split.</param>
/// <param name="Rest">The rest of the name, equal for the folders of one data set: "seg".</param>
internal sealed partial record SplitName(SplitRole Role, string Rest)
{
    private static readonly Dictionary<string, SplitRole> Roles = new()
    {
        ["train"] = SplitRole.Train, ["training"] = SplitRole.Train, ["trn"] = SplitRole.Train, ["trainval"] = SplitRole.Train,
        ["val"] = SplitRole.Validation, ["vali"] = SplitRole.Validation, ["valid"] = SplitRole.Validation, ["validate"] = SplitRole.Validation,
        ["validation"] = SplitRole.Validation, ["dev"] = SplitRole.Validation, ["devel"] = SplitRole.Validation,
        ["development"] = SplitRole.Validation, ["eval"] = SplitRole.Validation, ["evaluation"] = SplitRole.Validation,
        ["test"] = SplitRole.Test, ["tests"] = SplitRole.Test, ["testing"] = SplitRole.Test, ["tst"] = SplitRole.Test, ["holdout"] = SplitRole.Test,
    };

    private static readonly HashSet<string> VagueWords = ["dev", "devel", "development", "eval", "evaluation"];

    /// <summary>Parses a name; null if it does not name a split.</summary>
    public static SplitName? Parse(string folder) => ParseWords(folder) ?? ParseWords(CamelCasePattern().Replace(folder, " "));

    /// <summary>Whether a name contains a word for a split, whatever else it contains.</summary>
    public static bool Mentions(string folder) =>
        Parse(folder) is not null || SplitWords(CamelCasePattern().Replace(folder, " ")).Any(word => RoleOf(word) is not null);

    private static SplitName? ParseWords(string folder)
    {
        var words = SplitWords(folder);
        var roles = words.Select(RoleOf).ToArray();
        // test-dev and dev_test: of two words the less vague one decides.
        if (roles.Count(role => role is not null) > 1) roles = [.. roles.Select((role, i) => VagueWords.Contains(words[i]) ? null : role)];
        return roles.Count(role => role is not null) != 1 ? null
            : new SplitName(roles.OfType<SplitRole>().Single(), string.Join(' ', words.Where((word, i) => roles[i] is null && !IsNeutral(word))));
    }

    private static string[] SplitWords(string folder)
    {
        var name = HeldOutPattern()
            .Replace(TrainAndValPattern().Replace(NumberPattern().Replace(folder.ToLowerInvariant(), " "), "trainval"), "holdout");
        return name.Split([.. name.Where(letter => !char.IsLetter(letter)).Distinct()], StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Whether a folder name is neither a class nor a split: <c>images</c>, <c>data</c>.</summary>
    public static bool IsNeutral(string folder) => NeutralPattern().IsMatch(folder);

    /// <summary>The same, or a name for data that accompanies images: <c>annotations</c>, <c>labels</c>, <c>masks</c>.</summary>
    public static bool IsNoClass(string folder) => IsNeutral(folder) || AccompanyingPattern().IsMatch(folder);

    private static SplitRole? RoleOf(string word) =>
        Roles.TryGetValue(word, out var role) ? role
        // trainset, testImages, imagesTrain
        : CompoundPattern().Match(word) is { Success: true } glued && Roles.TryGetValue(glued.Groups["role"].Value, out role) ? role
        : null;

    [GeneratedRegex(@"\d+(x\d+)?")]
    private static partial Regex NumberPattern();

    [GeneratedRegex(@"\btrain[^a-z]+val\b")]
    private static partial Regex TrainAndValPattern();

    [GeneratedRegex(@"\bh[oe]ld[^a-z]*out\b")]
    private static partial Regex HeldOutPattern();

    [GeneratedRegex(@"(?<=\p{Ll})(?=\p{Lu})")]
    private static partial Regex CamelCasePattern();

    private const string NeutralWord = "datasets?|data|sets?|images?|imgs?|pictures?|photos?|samples?|splits?|folder|dir|files?";

    [GeneratedRegex("^(annotations?|labels?|masks?|bboxes|bounding.?boxes|segmentations?|trimaps?|thumbnails?)$", RegexOptions.IgnoreCase)]
    private static partial Regex AccompanyingPattern();

    [GeneratedRegex($"^({NeutralWord})$", RegexOptions.IgnoreCase)]
    private static partial Regex NeutralPattern();

    [GeneratedRegex($"^(?<role>[a-z]+?)({NeutralWord})$|^({NeutralWord})(?<role>[a-z]+)$")]
    private static partial Regex CompoundPattern();
}
