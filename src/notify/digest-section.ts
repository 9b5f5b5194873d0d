import { escapeHtml } from '../kit/untrusted-text.ts';

/** A part of a digest. The first cell of a row names it, and the others are aligned to the right. */
export interface DigestSection {
  readonly title: string;
  /** Lines before the rows. */
  readonly intro?: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly lines: readonly string[];
  /** Addresses by the names of the rows that lead there. */
  readonly links?: ReadonlyMap<string, string>;
}

/** Returns a section as plain text. */
export function sectionText({ title, intro = [], rows, lines, links }: DigestSection): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  const table = rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const addresses = [...(links ?? [])].map(([name, link]) => `${name}: ${link}`);
  return [title, ...intro, ...table, ...lines, ...addresses].join('\n');
}

/** Returns a section as markup. */
export function sectionHtml({ title, intro = [], rows, lines, links }: DigestSection): string {
  const cells = rows.map(([name = '', ...others]) => {
    const link = links?.get(name);
    const text = escapeHtml(name);
    const head = link === undefined ? text : `<a href="${escapeHtml(link)}">${text}</a>`;
    const rest = others.map((cell) => `<td align="right">${escapeHtml(cell)}</td>`).join('');
    return `<tr><th align="left" scope="row">${head}</th>${rest}</tr>`;
  });
  const table = cells.length === 0 ? [] : [`<table cellpadding="4">${cells.join('\n')}</table>`];
  return [`<h2>${escapeHtml(title)}</h2>`, ...intro.map(paragraph), ...table, ...lines.map(paragraph)].join(
    '\n',
  );
}

function paragraph(line: string): string {
  return `<p>${escapeHtml(line)}</p>`;
}
