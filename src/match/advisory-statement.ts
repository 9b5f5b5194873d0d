/** The end of an advisory's item after its text: the CVEs it is about, and numbers of bug trackers. */
const reference =
  /^[([{](?:(?:CVE-[\d-]+|(?:rh)?bz#?\s?\d+|bsc#\d+|rhel-[\d.]+z?|Orabug:\s*\d+)[,;:\s]*)+[)\]}]\.?$/i;
/** The start of an item before its text: list markers, the CVE, and words that every item of a change log has. */
const prelude =
  /^(?:[*+-]\s+|\[[^\]\s\d]*\d[^\]\s]*\]\s+|(?:(?:Also )?Resolves|Related|Fix(?:es)?):?\s+(?:(?:rh)?bz)?#?\d*\s*|Bugzilla Bug #\d+\s+|EMBARGOED\s+|\(?CVE-[\d-]+[:,]?\s+|[-:]\s+)+/i;
/** Sentences of an advisory about people and recommended actions. */
const other =
  /^(?:Red Hat would like to thank|Upstream acknowledges|Users of|All users|The .* issues? (?:was|were) (?:discovered|found) by|This update upgrades? |Package updates are available )/i;
/** An item with fewer words does not describe a vulnerability: `Fix CVE-2016-9147`. */
const wordsMin = 4;

/**
 * Returns the part of an advisory's text about one of its CVEs: the list item or paragraph that names the CVE. Undefined without one,
 * so that text about the product is not taken for a description.
 */
export function statementOn(cve: string, text: string): string | undefined {
  if (!names(cve, text)) return undefined;
  const section = sectionOf(cve, text);
  if (section !== undefined) return section;
  for (const item of candidatesIn(text)) {
    if (!names(cve, item) || other.test(item)) continue;
    const words = wordsOf(item);
    if (words !== undefined) return words;
  }
  return undefined;
}

/** Returns whether a text names a CVE, and not only one whose number begins with its own. */
function names(cve: string, text: string): boolean {
  for (let at = text.indexOf(cve); at >= 0; at = text.indexOf(cve, at + 1))
    if (!/\d/.test(text.charAt(at + cve.length))) return true;
  return false;
}

/** The list items, then paragraphs. The first of several paragraphs is about the product. */
function candidatesIn(text: string): string[] {
  const items = text.split(/\n(?:[^\S\n]*\n)+|\n(?=[^\S\n]*[*+-] |For more details )/);
  const isListed = (item: string): boolean => /^\s*[*+-] /.test(item);
  const paragraphs = items.filter((item, i) => !isListed(item) && (i > 0 || items.length === 1));
  return [...items.filter(isListed), ...paragraphs];
}

/** The section below a line with only the CVE, up to the next such line or that of a bug. This is Amazon's form. */
function sectionOf(cve: string, text: string): string | undefined {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.trim() === `${cve}:`);
  if (start === -1) return undefined;
  const section = lines.slice(start + 1);
  const end = section.findIndex((line, i) => i > 0 && /^\s*(?:CVE-[\d-]+:\s*$|\d+:)/.test(line));
  return onOneLine(
    (end === -1 ? section : section.slice(0, end)).join('\n').replace(/^\s*\d+:\s*CVE-[\d-]+ /, ''),
  );
}

function wordsOf(item: string): string | undefined {
  const words = withoutReferences(item.replace(/\s+/g, ' ').trim().replace(prelude, ''));
  return words
    .replaceAll(/CVE-[\d-]+/g, '')
    .split(/[^\p{L}]+/u)
    .filter(Boolean).length < wordsMin
    ? undefined
    : words;
}

/** The position of the last opening parenthesis or bracket, or -1. */
function lastOpening(text: string): number {
  let at = text.length - 1;
  while (at >= 0 && !'([{'.includes(text.charAt(at))) at--;
  return at;
}

function withoutReferences(item: string): string {
  let words = item;
  for (;;) {
    const open = lastOpening(words);
    if (open < 0 || !reference.test(words.slice(open))) return words;
    words = words.slice(0, open).trimEnd();
  }
}

function onOneLine(text: string): string | undefined {
  return text.replace(/\s+/g, ' ').trim() || undefined;
}
