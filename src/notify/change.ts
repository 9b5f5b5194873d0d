import type { Fix } from '../model/fix.ts';
import { compareSeverity, type Severity, worstSeverity } from '../model/severity.ts';
import type { Vulnerability } from '../model/vulnerability.ts';
import type {
  DigestContent,
  Notice,
  NoticeContent,
  NoticedChange,
  NoticeImage,
} from '../plugin/transport.ts';

/** So many characters of what may be long are told. What is told every time has to fit, whatever the characters. */
const toldMax = { word: 80, description: 1000, list: 300, packages: 600, url: 500 };
const packagesMax = 5;

/** Masks what has a meaning where people read, in at most about so many characters of a text of others. */
export type Plain = (text: string, most: number) => string;

/** A notice as people are told it. All texts are masked, and none is without limit, but there may be any number of rows. */
export interface Said {
  readonly title: string;
  /** What the title is about, in a digest the worst; nothing in an empty one. */
  readonly change: NoticedChange | undefined;
  /** Empty where nobody wrote any. */
  readonly description: string;
  readonly facts: readonly { readonly title: string; readonly value: string }[];
  /** Stands for rows where there are none to come. */
  readonly instead: string;
  /** Images or changes; in digests the worst first, so that the mildest are left out where there is no room. */
  readonly rows: readonly string[];
  /** What follows rows, for so many that are not shown; empty where there is nothing to say. */
  readonly more: (left: number) => string;
  /** An advisory on the web. */
  readonly link: string | undefined;
}

/** What people are told, in words of a receiver's text. */
export async function inWords(notice: Notice, plain: Plain): Promise<Said> {
  return notice.kind === 'change'
    ? ofChange(await notice.content(), plain)
    : ofDigest(await notice.content(), plain);
}

function ofChange({ images, hasMoreImages, ...change }: NoticeContent, plain: Plain): Said {
  const { vulnerability } = sidesOf(change);
  return {
    title: titleOf(change, plain),
    change,
    description: plain(vulnerability?.description ?? '', toldMax.description),
    facts: factsOf(change, plain),
    instead: images.length === 0 && !hasMoreImages ? 'No image is known to have it.' : '',
    rows: images.map((image) => `- ${nameOf(image, plain)}: ${concernedOf(image, plain)}`),
    more: (left) => {
      if (!hasMoreImages) return left === 0 ? '' : `and ${left} more images`;
      return left === 0 ? 'and more images' : `and more than ${left} more images`;
    },
    link: linkOf(vulnerability),
  };
}

function ofDigest({ image, changes }: DigestContent, plain: Plain): Said {
  const sorted = changes.toSorted((a, b) => compareSeverity(severityOf(b), severityOf(a)));
  const count = changes.length === 1 ? '1 change' : `${changes.length} changes`;
  return {
    title: `${nameOf(image, plain)}: ${count}`,
    change: sorted[0],
    description: '',
    facts: [],
    instead: '',
    rows: sorted.map((change) => `${titleOf(change, plain)}: ${concernedOf(change, plain)}`),
    more: (left) => (left === 0 ? '' : `and ${left} more, none of them worse`),
    link: undefined,
  };
}

const kinds = { new: 'New', changed: 'Changed', withdrawn: 'Withdrawn' };

function titleOf(change: NoticedChange, plain: Plain): string {
  const id = plain(sidesOf(change).vulnerability?.id ?? '', toldMax.word);
  const where = change.namespace === null ? '' : ` in ${plain(change.namespace, toldMax.word)}`;
  return `${kinds[change.kind]}: ${id} (${severityOf(change)})${where}`;
}

function factsOf(change: NoticedChange, plain: Plain): Said['facts'] {
  const { vulnerability, before } = sidesOf(change);
  const severities = [before, vulnerability].flatMap((side) => (side === null ? [] : [worstRating(side)]));
  return [
    { title: 'Source', value: plain(change.source, toldMax.word) },
    { title: 'Severity', value: turnOf(severities) },
    { title: 'Packages', value: packagesOf({ vulnerability, before }, plain) },
  ].filter(({ value }) => value !== '');
}

/** The packages of an advisory, each with its fix before and now. */
function packagesOf({ vulnerability, before }: ReturnType<typeof sidesOf>, plain: Plain): string {
  const was = fixesOf(before);
  const all = [...fixesOf(vulnerability)].map(([name, fix]) => {
    const fixes = [was.get(name), fix].filter((one) => one !== undefined);
    return `${cut(name, toldMax.word)} ${turnOf(fixes)}`;
  });
  const list = plain(all.slice(0, packagesMax).join(', '), toldMax.packages);
  return all.length > packagesMax ? `${list}, and ${all.length - packagesMax} more` : list;
}

/** A package may have several rows, for several ranges of versions. */
function fixesOf(vulnerability: Vulnerability | null): ReadonlyMap<string, string> {
  const rows = Map.groupBy(vulnerability?.affected ?? [], (row) => row.package);
  return new Map(
    Array.from(rows, ([name, of]) => [name, [...new Set(of.map(({ fix }) => fixInWords(fix)))].join(' or ')]),
  );
}

function turnOf(values: readonly string[]): string {
  return [...new Set(values)].join(' → ');
}

function nameOf({ identity, names }: Pick<NoticeImage, 'identity' | 'names'>, plain: Plain): string {
  return plain(names.length === 0 ? identity : names.join(', '), toldMax.list);
}

function concernedOf({ packages, fix }: Pick<NoticeImage, 'packages' | 'fix'>, plain: Plain): string {
  const installed = new Set(packages.map(({ name, version }) => `${name} ${version}`));
  const list = plain([...installed].join(', '), toldMax.list);
  const fixed = plain(fixInWords(fix), toldMax.word);
  return list === '' ? fixed : `${list} (${fixed})`;
}

function linkOf(vulnerability: Vulnerability | null): string | undefined {
  return vulnerability?.links
    .map((link) => URL.parse(link))
    .filter((url) => url !== null && /^https?:$/.test(url.protocol))
    .map((url) => url?.href)
    .find((href) => href !== undefined && href.length <= toldMax.url);
}

/** What a change is about, as it is now or was at last; `before` where that is something else. */
function sidesOf({ old, new: is }: NoticedChange): {
  readonly vulnerability: Vulnerability | null;
  readonly before: Vulnerability | null;
} {
  return is === null ? { vulnerability: old, before: null } : { vulnerability: is, before: old };
}

/** How bad it is now, or was at last. */
export function severityOf(change: NoticedChange): Severity {
  const { vulnerability } = sidesOf(change);
  return vulnerability === null ? 'Unknown' : worstRating(vulnerability);
}

/** The worst it is rated: vendors may rate each package by itself. */
function worstRating({ severity, affected }: Vulnerability): Severity {
  return affected.length === 0 ? severity : worstSeverity(affected.map((row) => row.severity ?? severity));
}

/** What a vendor says of a fix. */
function fixInWords(fix: Fix): string {
  return fix.state === 'fixed' ? `fixed in ${fix.version}` : fix.state.replaceAll('-', ' ');
}

/** A text of so many characters at most, and a sign where there were more. */
export function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** A text in one line, without what is not shown: it might be cut within a character, or turn the direction of what follows. */
export function inOneLine(text: string): string {
  return text.replace(/[\p{C}\s]+/gu, ' ').trim();
}
