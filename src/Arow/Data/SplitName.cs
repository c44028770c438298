using System.Text.RegularExpressions;

namespace Arow.Data;

/// <summary>What the images of a split are for.</summary>
internal enum SplitRole
{
    /// <summary>To learn from.</summary>
    Train,

    /// <summary>To choose weights by.</summary>
    Validation,

    /// <summary>To be measured on.</summary>
    Test,
}

/// <summary>
/// A folder name that says what the images below it are for, in any case and with the words that people put beside it:
/// <c>train</c>, <c>Validation</c>, <c>TEST_SET</c>, <c>val2017</c>, <c>seg_train</c>.
/// </summary>
/// <param name="Role">What for.</param>
/// <param name="Rest">What else the name says; the folders of one division say the same: "seg".</param>
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

    private static readonly HashSet<string> Vague = ["dev", "devel", "development", "eval", "evaluation"];

    /// <summary>What a name reads; null if it says nothing of a split.</summary>
    public static SplitName? Parse(string folder) => Read(folder) ?? Read(Humps().Replace(folder, " "));

    /// <summary>Whether a name has a word of a split in it, whatever else it says.</summary>
    public static bool Mentions(string folder) => Parse(folder) is not null || Words(Humps().Replace(folder, " ")).Any(word => RoleOf(word) is not null);

    private static SplitName? Read(string folder)
    {
        var words = Words(folder);
        var roles = words.Select(RoleOf).ToArray();
        // test-dev and dev_test: of two words the plainer one says what it is.
        if (roles.Count(role => role is not null) > 1) roles = [.. roles.Select((role, i) => Vague.Contains(words[i]) ? null : role)];
        return roles.Count(role => role is not null) != 1 ? null
            : new SplitName(roles.OfType<SplitRole>().Single(), string.Join(' ', words.Where((word, i) => roles[i] is null && !SaysNothing(word))));
    }

    private static string[] Words(string folder)
    {
        var name = HeldOut().Replace(TrainAndVal().Replace(Numbers().Replace(folder.ToLowerInvariant(), " "), "trainval"), "holdout");
        return name.Split([.. name.Where(letter => !char.IsLetter(letter)).Distinct()], StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Whether a folder name names neither a class nor a split: <c>images</c>, <c>data</c>.</summary>
    public static bool SaysNothing(string folder) => Neutral().IsMatch(folder);

    /// <summary>The same, or what stands beside images: <c>annotations</c>, <c>labels</c>, <c>masks</c>.</summary>
    public static bool NamesNoClass(string folder) => SaysNothing(folder) || Beside().IsMatch(folder);

    private static SplitRole? RoleOf(string word) =>
        Roles.TryGetValue(word, out var role) ? role
        // trainset, testImages, imagesTrain
        : Glued().Match(word) is { Success: true } glued && Roles.TryGetValue(glued.Groups["role"].Value, out role) ? role
        : null;

    [GeneratedRegex(@"\d+(x\d+)?")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"\btrain[^a-z]+val\b")]
    private static partial Regex TrainAndVal();

    [GeneratedRegex(@"\bh[oe]ld[^a-z]*out\b")]
    private static partial Regex HeldOut();

    [GeneratedRegex(@"(?<=\p{Ll})(?=\p{Lu})")]
    private static partial Regex Humps();

    private const string NeutralWord = "datasets?|data|sets?|images?|imgs?|pictures?|photos?|samples?|splits?|folder|dir|files?";

    [GeneratedRegex("^(annotations?|labels?|masks?|bboxes|bounding.?boxes|segmentations?|trimaps?|thumbnails?)$", RegexOptions.IgnoreCase)]
    private static partial Regex Beside();

    [GeneratedRegex($"^({NeutralWord})$", RegexOptions.IgnoreCase)]
    private static partial Regex Neutral();

    [GeneratedRegex($"^(?<role>[a-z]+?)({NeutralWord})$|^({NeutralWord})(?<role>[a-z]+)$")]
    private static partial Regex Glued();
}
