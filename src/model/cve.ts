/** Whether a name is the id of a CVE: a year and a number, which has four digits or more where MITRE gives it. */
export function isCve(name: string): boolean {
  return /^CVE-\d{4}-\d+$/.test(name);
}

/** The ids of CVEs in texts, each once. In a text, a number of less than four digits is one that was cut. */
export function cvesIn(...texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => text.match(/\bCVE-\d{4}-\d{4,}\b/g) ?? []))];
}

/** The year and the number in the id of a CVE. */
export interface CveNumber {
  readonly year: number;
  readonly number: number;
}

/** The parts of an id that is written in the usual way; undefined for others, and where the number has more than 32 bits. */
export function cveNumberOf(id: string): CveNumber | undefined {
  const [, year, digits] = /^CVE-(\d{4})-(\d{4}|[1-9]\d{4,9})$/.exec(id) ?? [];
  const number = Number(digits);
  return year === undefined || number > 0xffff_ffff ? undefined : { year: Number(year), number };
}

/** The id of a CVE. */
export function cveId({ year, number }: CveNumber): string {
  return `CVE-${String(year).padStart(4, '0')}-${String(number).padStart(4, '0')}`;
}
