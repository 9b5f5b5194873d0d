import type { StatedVersions, VersionStatus } from '../../model/product-statement.ts';

/** Alternatives of one range, and comparisons of one alternative. Real ranges have few. */
const partsMax = 64;

const version = /^\d{1,6}(?:\.\d{1,6}){0,2}$/;

/**
 * Returns the versions of a range as npm writes it: `20.x || ^22.1.0 || >=4.0.0 <4.1.2`. Undefined for another form. Pre-releases of the end
 * of a range do not count as below it, as they were never supported releases.
 */
export function versionsInRange(text: string, status: VersionStatus): StatedVersions[] | undefined {
  const alternatives = text.split('||');
  if (alternatives.length > partsMax) return undefined;
  const ranges = alternatives.map((one) => rangeOf(one.trim(), status));
  return ranges.every((one) => one !== undefined) ? ranges : undefined;
}

function rangeOf(text: string, status: VersionStatus): StatedVersions | undefined {
  const line = text.endsWith('.x') ? text.slice(0, -2) : text;
  if (version.test(line)) return lineOf(line, text !== line || !isFull(line), status);
  if (text.startsWith('^')) return caretOf(text.slice(1), status);
  return comparisonsOf(text, status);
}

/** A release line, or one version. */
function lineOf(text: string, isLine: boolean, status: VersionStatus): StatedVersions {
  return isLine ? { status, version: text, lessThan: behind(text) } : { status, version: text };
}

/** `^1.2.3` ends before `2`, and `^0.10.48` before `0.11`. */
function caretOf(text: string, status: VersionStatus): StatedVersions | undefined {
  if (!version.test(text)) return undefined;
  const [major = '', minor] = text.split('.');
  const line = major === '0' && minor !== undefined ? `${major}.${minor}` : major;
  return { status, version: text, lessThan: behind(line) };
}

/** `>=4.0.0 <4.1.2`, or one of them. */
function comparisonsOf(text: string, status: VersionStatus): StatedVersions | undefined {
  const parts = wordsOf(text);
  const bounds = parts.map(boundOf).filter((bound) => bound !== undefined);
  if (bounds.length < parts.length || parts.length > 2) return undefined;
  const [first, second] = bounds;
  const range: StatedVersions = { status, version: '0', ...first, ...second };
  const isOpen = range.lessThan === undefined && range.lessThanOrEqual === undefined;
  return isOpen ? { ...range, lessThan: '*' } : range;
}

/** Returns the comparisons in a text, each without blanks: `>= 1.2` is one. */
function wordsOf(text: string): string[] {
  const words = text.split(' ').filter((word) => word !== '');
  return words
    .join(' ')
    .replaceAll(/([<>]=?) /g, '$1')
    .split(' ');
}

/** Returns the bound of a comparison. One with a line includes or excludes all of it. */
function boundOf(comparison: string): Partial<StatedVersions> | undefined {
  const [, sign = '', bound = ''] = /^([<>]=?)([\d.]{1,32})$/.exec(comparison) ?? [];
  if (!version.test(bound)) return undefined;
  if (sign === '>=') return { version: bound };
  if (sign === '<') return { lessThan: bound };
  if (sign === '<=') return isFull(bound) ? { lessThanOrEqual: bound } : { lessThan: behind(bound) };
  return undefined;
}

function isFull(text: string): boolean {
  return text.split('.').length === 3;
}

/** Returns the first version behind a line: `21` for `20`, and `0.11` for `0.10`. */
function behind(line: string): string {
  const numbers = line.split('.').map(Number);
  const last = numbers.pop() ?? 0;
  return [...numbers, last + 1].join('.');
}
