namespace Arow.Reports;

/// <summary>The style sheet of all pages: light and dark, wide, on a phone and on paper.</summary>
internal static class PageStyle
{
    public static string Css { get; } = Sheet.Replace("DRAWINGS", string.Join("\n    ", Palette.Pairs.Select(pair =>
        $"svg [fill=\"{pair.Light}\"] {{ fill: {pair.Dark}; }} svg [stroke=\"{pair.Light}\"] {{ stroke: {pair.Dark}; }}")),
        StringComparison.Ordinal);

    private const string Sheet = """
        :root { color-scheme: light dark; --paper: #fff; --ink: #1c2530; --faint: #5b6875; --rule: #e2e6ea; --stamp: #fff3e6; --alarm: #d55e00;
            --best: #e3f1fa; }
        @media screen and (prefers-color-scheme: dark) {
            :root { --paper: #14181d; --ink: #e6eaee; --faint: #9aa7b4; --rule: #2f3842; --stamp: #3a2616; --alarm: #f08a4b; --best: #17364a; }
            DRAWINGS
        }
        body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 46rem; margin: 2.5rem auto;
            padding: 0 1.25rem; overflow-wrap: break-word; }
        h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1rem; }
        h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
        a { color: inherit; }
        .stamp { background: var(--stamp); border-left: 4px solid var(--alarm); padding: .6rem .9rem; font-weight: 600; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; font-size: .92rem; margin: .8rem 0; }
        caption { text-align: left; color: var(--faint); padding-bottom: .3rem; }
        caption.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        th, td { padding: .3rem .8rem .3rem 0; text-align: left; border-bottom: 1px solid var(--rule); vertical-align: top; }
        thead th { color: var(--faint); font-weight: 600; vertical-align: bottom; }
        tbody th { font-weight: inherit; }
        th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; text-align: inherit; cursor: pointer; }
        th button::after { content: "\a0\2195"; opacity: .45; }
        th[aria-sort=ascending] button::after { content: "\a0\2191"; opacity: 1; }
        th[aria-sort=descending] button::after { content: "\a0\2193"; opacity: 1; }
        .words td:nth-child(2):last-child { overflow-wrap: anywhere; }
        .numbers td { font-variant-numeric: tabular-nums; white-space: nowrap; }
        .numbers thead th + th, .numbers td { text-align: right; padding: .3rem 0 .3rem 1.4rem; }
        .numbers td.long { white-space: normal; min-width: 9rem; }
        td.best { background: linear-gradient(var(--best), var(--best)) content-box; }
        figure { margin: 1.2rem 0; }
        figure svg, figure img { display: block; max-width: 100%; height: auto; }
        figcaption { color: var(--faint); font-size: .88rem; margin-top: .4rem; }
        .pictures { display: flex; flex-wrap: wrap; gap: 1rem; list-style: none; margin: 0; padding: 0; }
        .pictures li { max-width: 100%; font-size: .82rem; line-height: 1.35; overflow-wrap: anywhere; }
        .pictures span { display: flex; gap: 3px; }
        .pictures img { image-rendering: pixelated; min-width: 0; }
        .wrong { color: var(--alarm); font-weight: 600; }
        @media screen and (min-width: 60rem) { .wide:has(table) { width: max-content; max-width: min(50vw + 21.75rem, 72rem); } }
        @media screen and (max-width: 40rem) {
            body { margin: 1.2rem auto; padding: 0 1rem; }
            .words td, .long { overflow-wrap: anywhere; }
            .numbers td.long { min-width: 0; }
            .numbers thead th + th, .numbers td { padding-left: .8rem; }
            .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
            .cards, .cards caption:not(.unseen), .cards tbody, .cards tr, .cards th, .cards td { display: block; text-align: left; }
            .cards tr { border-bottom: 1px solid var(--rule); padding: .4rem 0; }
            .cards tbody th { font-weight: 600; padding: 0; border: 0; }
            .cards td { display: flex; justify-content: space-between; gap: 1rem; padding: 0; border: 0; }
            .cards td:empty { display: none; }
            .cards td::before { content: attr(data-label); color: var(--faint); flex: none; max-width: 50%; }
        }
        @media print {
            body { margin: 0; padding: 0; max-width: none; font-size: 11pt; }
            h2 { break-after: avoid; }
            .stamp, figure, tr, thead { break-inside: avoid; }
            .wide { overflow: visible; }
            table { font-size: 9pt; }
            .long, th:only-child, td:only-child { overflow-wrap: anywhere; }
            th button { display: contents; }
            th button::after { content: ""; }
            .numbers td, .numbers td.long { white-space: normal; overflow-wrap: normal; min-width: 0; }
            .numbers thead th + th, .numbers td { padding-left: .4rem; }
        }
        """;
}
