import { exportedNames } from './figures.ts';
import { linesIn, type Source } from './sources.ts';

/**
 * Words and phrases that have a plain term of the field, as parts of a regular expression. A hyphen is removed from each: without one, this
 * file would contain the words.
 */
const dialect: readonly string[] = [
  't-old',
  't-ells?',
  't-elling',
  'r-ooms?',
  'n-obody',
  's-omebody',
  'w-hoever',
  'a-new',
  'sp-ea(?:k|ks|king) of',
  'sp-oken',
  'h-eed(?:s|ed)?',
  's-trangers?',
  'h-ouse',
  'c-ourier',
  'e-rrand',
  'd-oorkeeper',
  'c-onveyor',
  '(?:that|which) (?:is|are) n-one',
  'so l-ong',
  'so m-any',
  'in w-ords',
  'twice o-ver',
  'for g-ood',
  'stands? i-n for',
];

/** Matches a word that has a plain term of the field. */
export const dialectWord: RegExp = new RegExp(`\\b(?:${dialect.join('|').replaceAll('-', '')})\\b`, 'i');

/** Matches the first line of a docstring that is a clause without a noun. */
export const headlessDocstring: RegExp = /^\s*(?:\/\*\*|\*) (?:What|Who(?:ever)?) /;

/** Returns the number of words of each sentence of a Markdown text. Skips code blocks, tables and headings; a code span is one word. */
export function sentenceLengths(markdown: string): number[] {
  const prose = markdown
    .replace(/^(```|~~~).*?^\1/gms, '')
    .replace(/^(?:\||#|<).*$/gm, '\n')
    .replace(/^\s*(?:[-*]|\d+\.) /gm, '\n\n')
    .replace(/`[^`]*`/g, 'Code')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return prose
    .split(/\n\s*\n|(?<=[.!?:])\s+(?=[A-Z`"])/)
    .map((sentence) => sentence.split(/\s+/).filter((word) => /\w/.test(word)).length)
    .filter((words) => words > 0);
}

/** Returns the paths of the files with at most `linesMax` lines. */
export function shortFiles(sources: readonly Source[], linesMax: number): string[] {
  return sources.filter(({ text }) => linesIn(text) <= linesMax).map(({ path }) => path);
}

/** Returns the names that more than one file declares and exports, with these files. */
export function exportedTwice(sources: readonly Source[]): string[] {
  const places = new Map<string, string[]>();
  for (const { path, tree } of sources)
    for (const name of new Set(exportedNames(tree))) places.set(name, [...(places.get(name) ?? []), path]);
  return [...places]
    .filter(([, paths]) => paths.length > 1)
    .map(([name, paths]) => `${name}: ${paths.join(', ')}`);
}
