import { comparatorRanges } from '../../model/version-range.ts';
import type { VersionRange, VersionScheme } from '../../plugin/index.ts';

/** Words and signs that assigners write for "from the beginning", or for a missing version. */
const noVersions: ReadonlySet<string> = new Set(['', '*', '0', '-', 'n/a', 'unspecified', 'all', 'any']);

/** The name of a product before a version: `OpenSSL 1.1.1`, `OTP-27.3`, `v20.1.0`. Other words may be part of a phrase. */
const productName =
  /^(?:(?:apache http server|bash|busybox|c?python|erlang\/otp|haproxy|(?:lib)?curl|lighttpd|mariadb|memcached|nginx|node\.js|openssl|otp|perl|php|postgresql|redis|ruby|valkey|xz|zlib)[ -]|v)(?=\d)/i;
/** The end of a wildcard: `8.1.*`, `7.4.X`. */
const wildcard = /^(\d{1,9}(?:\.\d{1,9}){0,5})\.[*x]$/i;

/** Longest text that is read as versions. Longer ones are sentences. */
const textChars = 300;

/** Returns a version without the name of its product. Undefined if the scheme has no order for it. */
export function readVersion(text: string, scheme: VersionScheme): string | undefined {
  if (text.length > textChars) return undefined;
  const version = text.trim().replace(productName, '');
  return scheme.compare(version, version) === undefined ? undefined : version;
}

/** Returns the numbers of a wildcard: `8.1` of `8.1.*`. Undefined if the text is not a wildcard. */
export function wildcardIn(text: string): string | undefined {
  return wildcard.exec(text.trim().replace(productName, ''))?.[1];
}

/** Returns the first version behind all of a line: `8.2` for the line `8.1`. */
export function behindLine(line: string): string {
  const numbers = line.split('.');
  const last = BigInt(numbers.pop() ?? '0');
  return [...numbers, String(last + 1n)].join('.');
}

/** Whether a text says that a range has no lower bound. */
export function isNoVersion(text: string): boolean {
  return noVersions.has(text.trim().toLowerCase());
}

/** A range in a text. `isLine`: it is a release line, so its end is no fix. */
export interface TextRange extends VersionRange {
  readonly isLine?: true;
}

/**
 * Returns the ranges that the text of a version states without bounds beside it, as assigners wrote before CVE records had bounds: one
 * version, several, comparisons (`>= 7.0.0, < 7.0.12`), or one of the phrases below. Undefined for any other text.
 */
export function rangesInText(text: string, scheme: VersionScheme): readonly TextRange[] | undefined {
  if (text.length > textChars || isNoVersion(text)) return undefined;
  const parts = text.split(',').map((part) => part.trim());
  return (
    versionsIn(parts, scheme) ??
    comparisonsIn(parts, scheme) ??
    fixedIn(text, scheme) ??
    phraseIn(text, scheme)
  );
}

function versionsIn(parts: readonly string[], scheme: VersionScheme): TextRange[] | undefined {
  const ranges = parts.map((part): TextRange | undefined => {
    const line = wildcardIn(part);
    if (line !== undefined) return { from: line, to: behindLine(line), isLine: true };
    const version = readVersion(part, scheme);
    return version === undefined ? undefined : { from: version, to: version, toIncluded: true };
  });
  return ranges.every((range) => range !== undefined) ? ranges : undefined;
}

/** Reads comparisons that all hold, as GitHub writes them. */
function comparisonsIn(parts: readonly string[], scheme: VersionScheme): VersionRange[] | undefined {
  let all: VersionRange = {};
  for (const part of parts) {
    const [, operator = '', right = ''] = /^(>=|>|<=|<|=) ?([^<>=]{1,60})$/.exec(part) ?? [];
    const version = readVersion(right, scheme);
    const [range] = version === undefined ? [] : (comparatorRanges({ operator, version }) ?? []);
    if (range === undefined) return undefined;
    all = { ...all, ...range };
  }
  return [all];
}

/** Reads `Fixed in 7.83.1`, and OpenSSL's `Fixed in OpenSSL 1.1.1j (Affected 1.1.1-1.1.1i)`. */
function fixedIn(text: string, scheme: VersionScheme): VersionRange[] | undefined {
  const [, fix = '', affected = ''] =
    /^fixed in ([^()]{1,60}?)(?: \(affected (?:since )?([^()]{1,200})\))?$/i.exec(text.trim()) ?? [];
  const to = readVersion(fix, scheme);
  if (to === undefined) return undefined;
  const [first = ''] = affected.split(/[-,]/);
  const from = readVersion(first, scheme);
  return [{ ...(from !== undefined && { from }), to }];
}

/** Phrases, each with the bounds that its versions are. */
const phrases: readonly (readonly [RegExp, (first: string, second: string) => VersionRange])[] = [
  [/^(?:versions? )?(?:before|prior to|below) ([\w.-]{1,60})$/i, (to) => ({ to })],
  [
    /^(?:versions? )?(?:through|up to(?: and including)?) ([\w.-]{1,60})$/i,
    (to) => ({ to, toIncluded: true }),
  ],
  [/^([\w.-]{1,60}) and (?:earlier|below|prior|before)$/i, (to) => ({ to, toIncluded: true })],
  [
    /^(?:from )?([\w.]{1,60})(?: - | to (?:and including )?| through )([\w.]{1,60})$/i,
    (from, to) => ({ from, to, toIncluded: true }),
  ],
];

function phraseIn(text: string, scheme: VersionScheme): VersionRange[] | undefined {
  const phrase = text.trim().replace(productName, '');
  for (const [form, rangeOf] of phrases) {
    const [, first, second] = form.exec(phrase) ?? [];
    if (first === undefined) continue;
    const [from, to] = [readVersion(first, scheme), second === undefined ? '' : readVersion(second, scheme)];
    return from === undefined || to === undefined ? undefined : [rangeOf(from, to)];
  }
  return undefined;
}
