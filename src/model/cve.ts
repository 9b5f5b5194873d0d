/** Whether a name is the id of a CVE: a year and a number, which has four digits or more where MITRE gives it. */
export function isCve(name: string): boolean {
  return /^CVE-\d{4}-\d+$/.test(name);
}

/** The ids of CVEs in texts, each once. In a text, a number of less than four digits is one that was cut. */
export function cvesIn(...texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => text.match(/\bCVE-\d{4}-\d{4,}\b/g) ?? []))];
}
