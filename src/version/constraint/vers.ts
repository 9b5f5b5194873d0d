import type { VersionRange } from '../../model/version-range.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import { type Comparator, readPlain } from './comparators.ts';
import { intersectAll } from './intersect.ts';

const form = /^vers:([a-z][a-z\d.-]*)\/(.+)$/;
const constraint = /^(<=|>=|<|>|=|!=)?([^<>=!*]+)$/;

/**
 * The versions a range in the notation of VERS holds, `vers:npm/>=1.2.0|<1.4.0|2.0.0`. The constraints may stand in any order.
 * Undefined when it cannot be read, or when no version scheme goes by its name.
 */
export function readVers(
  text: string,
  schemeOf: (name: string) => VersionScheme | undefined,
): readonly VersionRange[] | undefined {
  const [, name = '', list = ''] = form.exec(text.replaceAll(/\s/g, '')) ?? [];
  const scheme = schemeOf(name);
  if (scheme === undefined) return undefined;
  if (list === '*') return [{}];
  const comparators = list.split('|').map((part) => parseConstraint(scheme, part));
  if (!comparators.every((comparator) => comparator !== undefined)) return undefined;
  return rangesOf(scheme, comparators);
}

function parseConstraint(scheme: VersionScheme, text: string): Comparator | undefined {
  const [, operator = '=', quoted] = constraint.exec(text) ?? [];
  const version = quoted === undefined ? undefined : decoded(quoted);
  if (version === undefined || scheme.compare(version, version) === undefined) return undefined;
  return { operator, version };
}

/** A version without its percent-encoding; undefined when that is broken. */
function decoded(version: string): string | undefined {
  try {
    return decodeURIComponent(version);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function rangesOf(scheme: VersionScheme, comparators: readonly Comparator[]): readonly VersionRange[] {
  const isPoint = ({ operator }: Comparator): boolean => operator === '=' || operator === '!=';
  const bounds = comparators
    .filter((comparator) => !isPoint(comparator))
    .toSorted((a, b) => scheme.compare(a.version, b.version) ?? 0);
  const exact = comparators.filter(({ operator }) => operator === '=').flatMap((one) => readPlain(one) ?? []);
  const excluded = comparators
    .filter(({ operator }) => operator === '!=')
    .flatMap((one) => [readPlain(one) ?? []]);
  const spans = comparators.every(({ operator }) => operator === '!=') ? [{}] : spansOf(bounds);
  return [...intersectAll(scheme, [spans, ...excluded]), ...exact];
}

/** Rising bounds in pairs. Of lower bounds in a row the first counts, of upper bounds the last. */
function spansOf(bounds: readonly Comparator[]): readonly VersionRange[] {
  const spans: VersionRange[] = [];
  let open: VersionRange | undefined = {};
  for (const [index, { operator, version }] of bounds.entries()) {
    if (operator.startsWith('>')) {
      if (index === 0 || open === undefined) open = readPlain({ operator, version })?.[0];
    } else if (!bounds[index + 1]?.operator.startsWith('<')) {
      spans.push({ ...open, ...readPlain({ operator, version })?.[0] });
      open = undefined;
    }
  }
  if (open !== undefined && bounds.length > 0) spans.push(open);
  return spans;
}
