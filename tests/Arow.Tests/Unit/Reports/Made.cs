using System.Xml;
using System.Xml.Linq;

namespace Arow.Tests.Unit.Reports;

/// <summary>Evaluations and runs that never happened, with names that are out to break pages.</summary>
internal static class Made
{
    public const string Hostile = "<script>alert(\"1\")</script> & 'a' | *b* `c` ]]> \u0001 é 犬 🐕";

    public static EvaluationSummary Summary(
        int n = 200, double clean = 0.9, double robust = 0.54, string? selectedOn = "validation", string model = "small-cnn",
        string[]? attacks = null, string epsilon = "8/255")
    {
        attacks ??= ["fgsm", "pgd20"];
        double[] Ends(double share) => Confidence.Wilson((long)Math.Round(share * n), n) is var i ? [i.Low, i.High] : [];
        return new EvaluationSummary
        {
            N = n,
            CleanAccuracy = clean,
            CleanInterval = Ends(clean),
            RobustAccuracy = robust,
            RobustInterval = Ends(robust),
            Attacks = [.. attacks.Select((name, i) => new AttackSummary(name, robust + 0.1 * (attacks.Length - 1 - i), 180, 50, 12.5))],
            Classes = [new ClassSummary(Hostile, n / 2, clean, robust), new ClassSummary("dog", n / 2, clean, robust)],
            Subject = new EvaluationSubject(model, "weights.safetensors", "0123abcd", "arow", selectedOn, "glyphs", "linf", epsilon, 3),
            Provenance = System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(
                "{\"arow\": \"0.1.0\", \"torchsharp\": \"0.107.0\", \"libtorch\": \"2.10.0\", \"cores\": 2}"),
            Rows = "evaluation/rows.tsv",
        };
    }

    public static List<SampleResult> Rows(int n = 200, int stride = 1) =>
        [.. Enumerable.Range(0, n)
            .Select(i => new SampleResult(i * stride, i % 2, i % 2, i % 3 == 0 ? 1 - i % 2 : i % 2, i % 3 == 0 ? "pgd20" : null, 1, 0.03))];

    public static List<EpochRecord> Epochs(int count) =>
        [.. Enumerable.Range(1, count)
            .Select(e => new EpochRecord(e, 10 * e, 0.1, 2.3 / e, 0.5, 0.3, e % 2 == 0 ? 0.6 : null, e % 2 == 0 ? 0.4 : null, e == 2, e))];

    public static PngFigure Examples => new("examples", "Caption of the examples", new Bitmap(3, 2).ToPng());

    /// <summary>The page as XML: it must be well-formed.</summary>
    public static XElement Page(Report report)
    {
        using var reader = XmlReader.Create(new StringReader(report.ToHtml()),
            new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null });
        return XDocument.Load(reader).Root!;
    }

    public static IEnumerable<XElement> All(this XElement page, string name) => page.Descendants().Where(e => e.Name.LocalName == name);
}
