using SkiaSharp;

namespace Arow.Tests.Unit.Data;

public sealed class ContactSheetTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void ARowForEachClass(int channels)
    {
        using var set = ImageSetTests.Made(8, channels);
        using var sheet = SKBitmap.Decode(ContactSheet.RenderPng(set, columns: 3, seed: 0, scale: 2));
        Assert.Equal((3 * 12 + 4, 3 * 12 + 4), (sheet.Width, sheet.Height));
        for (var row = 0; row < 3; row++)
        {
            // Classes 0 and 1 have three images, class 2 has two: numbers that are the class modulo 3, each once.
            var numbers = Enumerable.Range(0, 3).Select(column => (int)sheet.GetPixel(4 + 12 * column + 7, 4 + 12 * row + 7).Green)
                .Where(grey => grey != 255).ToArray();
            Assert.Equal(row == 2 ? 2 : 3, numbers.Distinct().Count());
            Assert.All(numbers, number => Assert.Equal(row, number % 3));
        }
    }

    [Fact]
    public void TheSeedDraws()
    {
        using var set = ImageSetTests.Made(60);
        Assert.Equal(ContactSheet.RenderPng(set, 4, seed: 1), ContactSheet.RenderPng(set, 4, seed: 1));
        Assert.NotEqual(ContactSheet.RenderPng(set, 4, seed: 1), ContactSheet.RenderPng(set, 4, seed: 2));
    }
}
