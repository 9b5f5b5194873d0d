/** The names in an entry of a secfixes list: CVE ids in MITRE's form, and other names of the same vulnerabilities. */
export interface Identifiers {
  readonly cves: readonly string[];
  readonly others: readonly string[];
}

/**
 * Parses an entry such as `CVE-2017-12855 XSA-230`, `CVE-2017-2616 (+ regression fix)` or `CVE_2019_2426`, which people
 * write freely. An entry without anything like an id becomes one id, so that it is not lost.
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

/** Removes text in parentheses. A regular expression would take quadratic time for many unclosed ones. */
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

/**
 * Returns whether a token is an id: `XSA-230`, `GHSA-77vh-xpmg-72qh`, `VSV00010`, but not `regression` or
 * `CVE-????-?????`.
 */
function isId(token: string): boolean {
  return (/^[A-Za-z][\w.:-]*$/.test(token) && /\d/.test(token)) || /^GHSA(-[a-z0-9]{4}){3}$/.test(token);
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
