/** What ends an item of an advisory beside its words: the CVEs it is about, and numbers of bug trackers. */
const reference =
  /^[([{](?:(?:CVE-[\d-]+|(?:rh)?bz#?\s?\d+|bsc#\d+|rhel-[\d.]+z?|Orabug:\s*\d+)[,;:\s]*)+[)\]}]\.?$/i;
/** What stands before them: marks of lists, the CVE, and words that every item of a change log has. */
const prelude =
  /^(?:[*+-]\s+|\[[^\]\s\d]*\d[^\]\s]*\]\s+|(?:(?:Also )?Resolves|Related|Fix(?:es)?):?\s+(?:(?:rh)?bz)?#?\d*\s*|Bugzilla Bug #\d+\s+|EMBARGOED\s+|\(?CVE-[\d-]+[:,]?\s+|[-:]\s+)+/i;
/** Sentences of an advisory that are about people and what to do. */
const other =
  /^(?:Red Hat would like to thank|Upstream acknowledges|Users of|All users|The .* issues? (?:was|were) (?:discovered|found) by|This update upgrades? |Package updates are available )/i;
/** An item with fewer words says nothing of a vulnerability: `Fix CVE-2016-9147`. */
const wordsMin = 4;

/**
 * What an advisory says of one of the CVEs it is about, out of the text on all of them: the item of a list, or the paragraph, that names
 * the CVE. Undefined where it says nothing, so that what it says of the product is not taken for a description.
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

/** Whether a text names a CVE, and not only one whose number begins with its own. */
function names(cve: string, text: string): boolean {
  for (let at = text.indexOf(cve); at >= 0; at = text.indexOf(cve, at + 1))
    if (!/\d/.test(text.charAt(at + cve.length))) return true;
  return false;
}

/** The items of lists, then paragraphs; of several the first is about the product. */
function candidatesIn(text: string): string[] {
  const items = text.split(/\n(?:[^\S\n]*\n)+|\n(?=[^\S\n]*[*+-] |For more details )/);
  const isListed = (item: string): boolean => /^\s*[*+-] /.test(item);
  const paragraphs = items.filter((item, i) => !isListed(item) && (i > 0 || items.length === 1));
  return [...items.filter(isListed), ...paragraphs];
}

/** The section below a line with the CVE and nothing else, up to the next such line or that of a bug. Amazon's form. */
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

/** Where the last parenthesis or bracket opens; -1 where none does. */
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
