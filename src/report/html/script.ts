import { createHash } from 'node:crypto';

/**
 * The script of the page: search, sorting and filters. It reads text and hides or moves elements. It creates no markup, so that no text
 * of a report can become markup.
 */
export const script = `
'use strict';
const at = (id) => document.getElementById(id);
const container = at('groups');
if (container) {
  const groups = [...container.children].map((element) => ({
    element,
    rows: [...element.querySelectorAll('tr.finding')].map((row) => ({
      row,
      text: (element.dataset.name + ' ' + element.querySelector('summary').textContent + ' ' + row.textContent).toLowerCase(),
    })),
  }));
  const total = groups.reduce((sum, { rows }) => sum + rows.length, 0);
  const apply = () => {
    const words = at('search').value.toLowerCase().split(/\\s+/).filter(Boolean);
    const level = Number(at('level').value);
    const layer = at('layer').value;
    const mark = document.querySelector('input[name=show]:checked')?.value ?? 'all';
    let shown = 0;
    for (const { element, rows } of groups) {
      let visible = 0;
      for (const { row, text } of rows) {
        const fits = words.every((word) => text.includes(word)) && Number(row.dataset.level) >= level &&
          (layer === '' || row.dataset.layers.split(' ').includes(layer)) && (mark === 'all' || row.classList.contains(mark));
        row.hidden = !fits;
        if (fits) visible++;
      }
      element.hidden = visible === 0;
      shown += visible;
    }
    at('shown').textContent = shown === total ? '' : shown + ' of ' + total + ' shown';
  };
  const search = () => {
    apply();
    if (at('search').value !== '') for (const { element } of groups) element.open = !element.hidden;
  };
  const sort = () => {
    const key = at('sort').value;
    const number = (element) => Number(element.dataset[key]);
    const rank = (a, b) => a.dataset.rank - b.dataset.rank;
    const orders = {
      written: () => 0,
      rank,
      name: (a, b) => (a.dataset.name < b.dataset.name ? -1 : a.dataset.name > b.dataset.name ? 1 : rank(a, b)),
      count: (a, b) => number(b) - number(a) || rank(a, b),
      epss: (a, b) => number(b) - number(a) || rank(a, b),
    };
    container.append(...groups.map(({ element }) => element).sort(orders[key]));
  };
  const fold = () => {
    const open = groups.some(({ element }) => !element.hidden && !element.open);
    for (const { element } of groups) element.open = open;
    at('fold').textContent = open ? 'Close all' : 'Open all';
  };
  at('search').addEventListener('input', search);
  at('level').addEventListener('change', apply);
  at('layer').addEventListener('change', apply);
  at('sort').addEventListener('change', sort);
  at('fold').addEventListener('click', fold);
  for (const input of document.querySelectorAll('input[name=show]')) input.addEventListener('change', apply);
  at('tools').hidden = false;
}
`;

/** Returns the Content-Security-Policy of the page: no external resources, and no other script. */
export function contentSecurityPolicy(): string {
  const hash = createHash('sha256').update(script).digest('base64');
  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}
