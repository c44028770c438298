namespace Arow.Reports;

/// <summary>The only script of the pages: heads of tables become buttons that sort. Without it pages are complete.</summary>
internal static class PageScript
{
    /// <summary>Well-formed inside XML: it has no ampersand and no sign for less-than.</summary>
    public const string Sorting = """
        for (const table of document.querySelectorAll('table.sortable')) {
          const body = table.tBodies[0], heads = Array.from(table.tHead.rows[0].cells);
          heads.forEach((head, column) => {
            const text = row => row.cells[column].textContent.trim();
            const number = row => parseFloat(text(row).replace(/^[\u003c\u2264 ]+|,/g, '').replace('\u2212', '-'));
            const button = document.createElement('button');
            button.type = 'button';
            button.append(...head.childNodes);
            head.append(button);
            button.addEventListener('click', () => {
              const all = Array.from(body.rows), full = all.filter(row => text(row) !== ''), empty = all.filter(row => text(row) === '');
              const numbers = full.every(row => !Number.isNaN(number(row)));
              const before = head.getAttribute('aria-sort');
              const rising = before ? before === 'descending' : !numbers;
              const sign = rising ? 1 : -1;
              full.sort((a, b) => sign * (numbers ? number(a) - number(b) : text(a).localeCompare(text(b), 'en', { numeric: true })));
              heads.forEach(other => other.removeAttribute('aria-sort'));
              head.setAttribute('aria-sort', rising ? 'ascending' : 'descending');
              body.append(...full, ...empty);
            });
          });
        }
        """;
}
