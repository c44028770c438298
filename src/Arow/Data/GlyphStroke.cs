using System.Globalization;

namespace Arow.Data;

/// <summary>A pen stroke as a polyline: in the unit square with y downwards for digits, in pixels for painting.</summary>
internal sealed class GlyphStroke
{
    /// <summary>The digits as paths: M moves, L draws a line, Q a quadratic curve (control point, end).</summary>
    private static readonly GlyphStroke[] Digits =
    [
        Parse("M .5 .1 Q .2 .1 .2 .5 Q .2 .9 .5 .9 Q .8 .9 .8 .5 Q .8 .1 .5 .1"),
        Parse("M .34 .28 L .53 .1 L .53 .9"),
        Parse("M .22 .3 Q .25 .1 .5 .1 Q .78 .1 .78 .32 Q .78 .5 .5 .68 L .22 .9 L .8 .9"),
        Parse("M .25 .18 Q .4 .08 .52 .1 Q .75 .12 .75 .29 Q .75 .46 .45 .48 Q .8 .5 .78 .7 Q .76 .92 .48 .91 Q .32 .9 .22 .8"),
        Parse("M .62 .9 L .62 .1 L .2 .65 L .82 .65"),
        Parse("M .75 .1 L .3 .1 L .27 .45 Q .45 .36 .6 .42 Q .8 .5 .77 .7 Q .74 .92 .48 .91 Q .32 .9 .22 .8"),
        Parse("M .7 .14 Q .4 .1 .28 .45 Q .2 .9 .5 .9 Q .78 .9 .77 .68 Q .76 .47 .52 .47 Q .32 .48 .26 .66"),
        Parse("M .2 .1 L .8 .1 Q .5 .5 .42 .9"),
        Parse("M .5 .47 Q .25 .44 .25 .28 Q .26 .1 .5 .1 Q .74 .1 .75 .28 Q .75 .44 .5 .47 Q .2 .52 .2 .7 Q .22 .9 .5 .9 Q .78 .9 .8 .7 Q .8 .52 .5 "
            + ".47"),
        Parse("M .74 .34 Q .7 .54 .48 .53 Q .24 .52 .24 .32 Q .26 .1 .5 .1 Q .74 .1 .75 .35 Q .76 .7 .6 .9"),
    ];

    private readonly (double X, double Y)[] points;

    private GlyphStroke((double, double)[] points) => this.points = points;

    public static GlyphStroke ForDigit(int digit) => Digits[digit];

    /// <summary>Returns a random third of the stroke.</summary>
    public GlyphStroke Fragment(GlyphRandom random)
    {
        var length = Math.Max(3, points.Length / 3);
        var first = random.NextInt(points.Length - length + 1);
        return new GlyphStroke(points[first..(first + length)]);
    }

    /// <summary>
    /// Rotates, slants, scales and bends the stroke by a smooth random field, and places it in an image, off its centre by up to
    /// <paramref name="maxOffset"/> of the side.
    /// </summary>
    public GlyphStroke Deform(GlyphRandom random, int side, double maxOffset)
    {
        // cos and sin of twice the angle with tangent t: rational, hence identical on every machine.
        var t = random.NextInRange(-0.16, 0.16);
        var (cos, sin) = ((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t));
        var slant = random.NextInRange(-0.3, 0.3);
        var (wide, high) = (random.NextInRange(0.6, 1), random.NextInRange(0.7, 1.05));
        var (right, down) = (random.NextInRange(-maxOffset, maxOffset), random.NextInRange(-maxOffset, maxOffset));
        Span<double> bends = stackalloc double[12];
        foreach (ref var bend in bends) bend = random.NextInRange(-0.22, 0.22);

        var bent = new (double, double)[points.Length];
        for (var i = 0; i < points.Length; i++)
        {
            var (x, y) = (points[i].X - 0.5, points[i].Y - 0.5);
            var (u, v) = (x + Field(bends[..6], x, y), y + Field(bends[6..], x, y));
            (u, v) = (wide * (u + slant * v), high * v);
            bent[i] = ((0.5 + right + cos * u - sin * v) * side, (0.5 + down + sin * u + cos * v) * side);
        }
        return new GlyphStroke(bent);

        static double Field(ReadOnlySpan<double> c, double x, double y) =>
            c[0] * x * x + c[1] * x * y + c[2] * y * y + 2 * x * y * (c[3] * x + c[4] * y) + c[5] * (x * x * x - y * y * y);
    }

    /// <summary>Paints the stroke where it is darker than the sheet: full ink within the width, one pixel of edge.</summary>
    public void Paint(Span<double> sheet, int side, double halfWidth, double ink)
    {
        for (var i = 0; i + 1 < points.Length; i++)
        {
            var (a, b) = (points[i], points[i + 1]);
            var margin = halfWidth + 1;
            var (x0, x1) = (Pixel(Math.Min(a.X, b.X) - margin), Pixel(Math.Max(a.X, b.X) + margin));
            var (y0, y1) = (Pixel(Math.Min(a.Y, b.Y) - margin), Pixel(Math.Max(a.Y, b.Y) + margin));
            for (var y = y0; y <= y1; y++)
            {
                for (var x = x0; x <= x1; x++)
                {
                    var coverage = ink * Math.Clamp(halfWidth + 0.5 - Distance(a, b, x + 0.5, y + 0.5), 0, 1);
                    ref var pixel = ref sheet[y * side + x];
                    pixel = Math.Max(pixel, coverage);
                }
            }
        }

        int Pixel(double at) => Math.Clamp((int)Math.Floor(at), 0, side - 1);
    }

    private static double Distance((double X, double Y) a, (double X, double Y) b, double x, double y)
    {
        var (dx, dy) = (b.X - a.X, b.Y - a.Y);
        var along = Math.Clamp(((x - a.X) * dx + (y - a.Y) * dy) / (dx * dx + dy * dy + 1e-12), 0, 1);
        var (ex, ey) = (x - a.X - along * dx, y - a.Y - along * dy);
        return Math.Sqrt(ex * ex + ey * ey);
    }

    private static GlyphStroke Parse(string path)
    {
        const int Pieces = 6;
        var points = new List<(double X, double Y)>();
        var words = path.Split(' ');
        double Number(int i) => double.Parse(words[i], CultureInfo.InvariantCulture);
        for (var i = 0; i < words.Length;)
        {
            var (kind, x, y) = (words[i], Number(i + 1), Number(i + 2));
            if (kind == "M")
            {
                points.Add((x, y));
                i += 3;
                continue;
            }
            var (from, to) = (points[^1], kind == "Q" ? (X: Number(i + 3), Y: Number(i + 4)) : (X: x, Y: y));
            var control = kind == "Q" ? (X: x, Y: y) : (X: (from.X + x) / 2, Y: (from.Y + y) / 2);
            for (var k = 1; k <= Pieces; k++)
            {
                var (s, r) = ((double)k / Pieces, 1 - (double)k / Pieces);
                points.Add((
                    r * r * from.X + 2 * r * s * control.X + s * s * to.X,
                    r * r * from.Y + 2 * r * s * control.Y + s * s * to.Y));
            }
            i += kind == "Q" ? 5 : 3;
        }
        return new GlyphStroke([.. points]);
    }
}
