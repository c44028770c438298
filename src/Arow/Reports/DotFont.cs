using System.Collections.Frozen;

namespace Arow.Reports;

/// <summary>A font of 5 x 7 dots for pictures, because servers have no fonts.</summary>
internal static class DotFont
{
    /// <summary>Dots from one letter to the next.</summary>
    public const int Advance = 6;

    /// <summary>Height in dots, including descenders.</summary>
    public const int Height = 8;

    private const int Width = 5;

    // A letter, then its five columns from the left in hexadecimal; the lowest bit is the top dot.
    private static readonly FrozenDictionary<char, byte[]> Letters = """
        !00005F0000 "0007000700 #147F147F14 $242A7F2A12 %2313086462 &3649552250 '0005030000 (001C224100 )0041221C00 *14083E0814
        +08083E0808 ,0050300000 -0808080808 .0060600000 /2010080402 03E5149453E 100427F4000 24261514946 32141454B31 41814127F10
        52745454539 63C4A494930 70171090503 83649494936 9064949291E :0036360000 ;0056360000 <0814224100 =1414141414 >0041221408
        ?0201510906 @324979413E A7E1111117E B7F49494936 C3E41414122 D7F4141221C E7F49494941 F7F09090901 G3E4149497A H7F0808087F
        I00417F4100 J2040413F01 K7F08142241 L7F40404040 M7F020C027F N7F0408107F O3E4141413E P7F09090906 Q3E4151215E R7F09192946
        S4649494931 T01017F0101 U3F4040403F V1F2040201F W3F4038403F X6314081463 Y0708700807 Z6151494543 [007F414100 \0204081020
        ]0041417F00 ^0402010204 _4040404040 `0001020400 a2054545478 b7F48444438 c3844444420 d384444487F e3854545418 f087E090102
        g18A4A4A47C h7F08040478 i00447D4000 j2040443D00 k7F10284400 l00417F4000 m7C04180478 n7C08040478 o3844444438 pFC24242418
        q18242424FC r7C08040408 s4854545420 t043F444020 u3C4040207C v1C2040201C w3C4030403C x4428102844 y1CA0A0A07C z4464544C44
        {0008364100 |00007F0000 }0041360800 ~0804081008 ×2214081422
        """.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
        .ToFrozenDictionary(letter => letter[0], letter => Convert.FromHexString(letter.AsSpan(1)));

    /// <summary>Returns the dots of a text from its upper left corner. Unknown letters become '?'.</summary>
    public static IEnumerable<(int X, int Y)> GetDots(string text)
    {
        var x = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value != ' ')
            {
                var columns = Letters.GetValueOrDefault(rune.IsBmp ? (char)rune.Value : '?', Letters['?']);
                for (var i = 0; i < Width; i++)
                {
                    for (var bit = 0; bit < Height; bit++)
                    {
                        if ((columns[i] >> bit & 1) == 1) yield return (x + i, bit);
                    }
                }
            }
            x += Advance;
        }
    }
}
