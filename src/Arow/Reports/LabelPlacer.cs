namespace Arow.Reports;

/// <summary>Places short labels beside the points of a chart without overlaps.</summary>
internal sealed class LabelPlacer(double left, double top, double right, double bottom, IEnumerable<(double X, double Y)> points)
{
    /// <summary>A letter of 13 pixels is rarely wider; digits rise ten pixels above the baseline.</summary>
    private const double Letter = 7.8, Rise = 10, Mark = 5, Gap = 2;

    private readonly List<Box> occupied = [.. points.Select(p => new Box(p.X - Mark, p.Y - Mark, p.X + Mark, p.Y + Mark))];

    /// <summary>Reserves space and returns the start of the baseline; null if all positions around the point are occupied.</summary>
    public (double X, double Y)? Place(double x, double y, string text)
    {
        var width = text.Length * Letter;
        const double Off = Mark + Gap;
        double[] starts = [x + Off, x - Off - width, x - width / 2];
        double[] lines = [y - Off, y + Off + Rise, y + Rise / 2];
        foreach (var line in lines)
        {
            foreach (var start in starts)
            {
                var box = new Box(start, line - Rise, start + width, line);
                if (box.Left < left || box.Top < top || box.Right > right || box.Bottom > bottom || occupied.Any(box.Overlaps)) continue;
                occupied.Add(box);
                return (start, line);
            }
        }
        return null;
    }

    private readonly record struct Box(double Left, double Top, double Right, double Bottom)
    {
        public bool Overlaps(Box other) => Left < other.Right && other.Left < Right && Top < other.Bottom && other.Top < Bottom;
    }
}
