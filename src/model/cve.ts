/** Returns whether a name is a CVE id: a year and a number of at least four digits. */
export function isCve(name: string): boolean {
  return /^CVE-\d{4}-\d+$/.test(name);
}

/** Returns the CVE ids in texts, each once. A number of fewer than four digits counts as cut off. */
export function cvesIn(...texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => text.match(/\bCVE-\d{4}-\d{4,}\b/g) ?? []))];
}

/** The year and number of a CVE id. */
export interface CveNumber {
  readonly year: number;
  readonly number: number;
}

/** Parses a CVE id. Undefined if it is written in another way, or if its number has more than 32 bits. */
export function cveNumberOf(id: string): CveNumber | undefined {
  const [, year, digits] = /^CVE-(\d{4})-(\d{4}|[1-9]\d{4,9})$/.exec(id) ?? [];
  const number = Number(digits);
  return year === undefined || number > 0xffff_ffff ? undefined : { year: Number(year), number };
}

/** Formats a CVE id. */
export function cveId({ year, number }: CveNumber): string {
  return `CVE-${String(year).padStart(4, '0')}-${String(number).padStart(4, '0')}`;
}

/**
 * Returns the CVE id of an id of GCVE in upper case. The numbering authority 0 of GCVE is the CVE programme: `GCVE-0-2024-3094` is
 * CVE-2024-3094 (https://gcve.eu/about/). Undefined for ids of other authorities.
 */
export function cveOfGcve(name: string): string | undefined {
  const [, number] = /^GCVE-0-(\d{4}-\d{4,})$/.exec(name) ?? [];
  return number === undefined ? undefined : `CVE-${number}`;
}

/** Returns a name in the form in which names are compared: in upper case, and a CVE as such. */
export function comparableName(name: string): string {
  const upper = name.toUpperCase();
  return cveOfGcve(upper) ?? upper;
}

/** Returns the spellings that sources may use for the name of a vulnerability or advisory, which a person may have typed in any case. */
export function spellingsOf(name: string): readonly string[] {
  const upper = name.toUpperCase();
  // GitHub's ids are in lower case after their prefix.
  const github = upper.startsWith('GHSA-') ? [`GHSA-${name.slice('GHSA-'.length).toLowerCase()}`] : [];
  return [...new Set([name, upper, comparableName(name), ...github])];
}

/** Returns whether two names are equal, ignoring case and the prefix of GCVE for a CVE. */
export function isSameName(a: string, b: string): boolean {
  return comparableName(a) === comparableName(b);
}
