/** The names one entry of a secfixes list gives: CVE ids as MITRE spells them, and whatever else names the same thing. */
export interface Identifiers {
  readonly cves: readonly string[];
  readonly others: readonly string[];
}

/**
 * Reads an entry such as `CVE-2017-12855 XSA-230`, `CVE-2017-2616 (+ regression fix)` or `CVE_2019_2426`: written by people,
 * for people. An entry in which nothing looks like an id is taken whole as one, so that it is not lost.
 */
export function readIdentifiers(entry: string): Identifiers {
  const cves = Array.from(
    entry.matchAll(/\bCVE[-_](\d{4})[-_](\d{4,})/gi),
    ([, year, number]) => `CVE-${year}-${number}`,
  );
  const tokens = withoutRemarks(entry).split(/[\s,;]+/);
  const others = tokens.filter((token) => isId(token) && !/CVE[-_]\d{4}[-_]\d{4,}/i.test(token));
  const whole = entry.trim();
  if (cves.length === 0 && others.length === 0 && whole !== '') return { cves, others: [whole] };
  return { cves: unique(cves), others: unique(others) };
}

/** Without what stands in parentheses. A pattern for that takes quadratic time where none of many is closed. */
function withoutRemarks(entry: string): string {
  let kept = '';
  let from = 0;
  for (let open = entry.indexOf('('); open >= 0; open = entry.indexOf('(', from)) {
    const close = entry.indexOf(')', open);
    if (close < 0) break;
    kept += `${entry.slice(from, open)} `;
    from = close + 1;
  }
  return kept + entry.slice(from);
}

/** `XSA-230`, `GHSA-77vh-xpmg-72qh`, `VSV00010`, but neither `regression` nor `CVE-????-?????`. */
function isId(token: string): boolean {
  return (/^[A-Za-z][\w.:-]*$/.test(token) && /\d/.test(token)) || /^GHSA(-[a-z0-9]{4}){3}$/.test(token);
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
