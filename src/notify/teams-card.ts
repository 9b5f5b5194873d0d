import { compareSeverity } from '../model/severity.ts';
import type { Vulnerability } from '../model/vulnerability.ts';
import type {
  DigestContent,
  Notice,
  NoticeContent,
  NoticedChange,
  NoticeImage,
} from '../plugin/transport.ts';
import { fixInWords, severityOf, sidesOf, worstRating } from './change.ts';

/**
 * Teams refuses messages over 28 KiB, after the workflow that was posted to has answered that all is well
 * (learn.microsoft.com/microsoftteams/limits-specifications-teams). What is judged is the card as text within another JSON, and what
 * comes with it: 24,453 posted bytes were found to be 28,897 (MicrosoftDocs/msteams-docs, issue 11274).
 */
export const teamsCardBytes: number = 24 * 1024;

/** So many characters of what may be long are shown. What is on every card has to fit, whatever the characters. */
const shownMax = { word: 80, description: 1000, list: 300, packages: 600, url: 500 };
const packagesMax = 5;

/** An element of an Adaptive Card; those of version 1.2 are shown by all clients of Teams. */
type Element = Readonly<Record<string, unknown>>;

/** What a card says: rows are left out, and counted, where there is no room for all of them. */
interface Said {
  readonly head: readonly Element[];
  readonly rows: readonly string[];
  /** What follows rows, for so many that are not shown. */
  readonly more: (left: number) => string;
  readonly link: string | undefined;
}

/** The body of a post to a webhook of Teams' Workflows: a message with one Adaptive Card, of a size that Teams takes. */
export async function teamsMessage(notice: Notice): Promise<object> {
  const said = notice.kind === 'change' ? ofChange(await notice.content()) : ofDigest(await notice.content());
  const foot = block(`Notification ${notice.name}, ${notice.createdAt}`, { isSubtle: true, size: 'Small' });
  const fitted = fittedRows(said, sizeOf(message(said, [...said.head, foot])));
  return message(said, [...said.head, ...fitted, foot]);
}

/** An upper bound of the bytes of a value as text within another JSON, where everything but ASCII is escaped. */
export function sizeOf(value: object): number {
  const text = JSON.stringify(JSON.stringify(value));
  const escaped = '\\\\u0000';
  return text.length + (escaped.length - 1) * (text.match(/[\u0080-\uffff]/g)?.length ?? 0);
}

function message({ link }: Said, body: readonly Element[]): object {
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.2',
    msteams: { width: 'Full' },
    body,
    ...(link !== undefined && { actions: [{ type: 'Action.OpenUrl', title: 'Advisory', url: link }] }),
  };
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content }] };
}

/** The rows there is room for, and how many are left out where that are any. */
function fittedRows({ rows, more }: Said, taken: number): Element[] {
  const note = (left: number): Element => block(more(left), { isSubtle: true });
  let room = teamsCardBytes - taken - sizeOf(note(rows.length));
  const fitted: Element[] = [];
  for (const row of rows) {
    const element = block(row, { spacing: 'Small' });
    room -= sizeOf(element);
    if (room < 0) break;
    fitted.push(element);
  }
  const left = rows.length - fitted.length;
  const rest = more(left);
  return rest === '' ? fitted : [...fitted, note(left)];
}

function ofChange({ images, hasMoreImages, ...change }: NoticeContent): Said {
  const { vulnerability } = sidesOf(change);
  const description = plain(vulnerability?.description ?? '', shownMax.description);
  return {
    head: [
      block(titleOf(change), { weight: 'Bolder', size: 'Medium', color: colorOf(change) }),
      ...(description === '' ? [] : [block(description)]),
      { type: 'FactSet', facts: factsOf(change) },
      ...(images.length === 0 && !hasMoreImages ? [block('No image is known to have it.')] : []),
    ],
    rows: images.map(imageRow),
    more: (left) => {
      if (!hasMoreImages) return left === 0 ? '' : `and ${left} more images`;
      return left === 0 ? 'and more images' : `and more than ${left} more images`;
    },
    link: linkOf(vulnerability),
  };
}

/** The worst first: what is left out is the mildest. */
function ofDigest({ image, changes }: DigestContent): Said {
  const sorted = changes.toSorted((a, b) => compareSeverity(severityOf(b), severityOf(a)));
  const count = changes.length === 1 ? '1 change' : `${changes.length} changes`;
  const color = sorted[0] === undefined ? 'default' : colorOf(sorted[0]);
  return {
    head: [block(`${nameOf(image, shownMax.list)}: ${count}`, { weight: 'Bolder', size: 'Medium', color })],
    rows: sorted.map((change) => `${titleOf(change)}: ${concernedOf(change)}`),
    more: (left) => (left === 0 ? '' : `and ${left} more, none of them worse`),
    link: undefined,
  };
}

const kinds = { new: 'New', changed: 'Changed', withdrawn: 'Withdrawn' };

function titleOf(change: NoticedChange): string {
  const id = word(sidesOf(change).vulnerability?.id ?? '');
  const where = change.namespace === null ? '' : ` in ${word(change.namespace)}`;
  return `${kinds[change.kind]}: ${id} (${severityOf(change)})${where}`;
}

function colorOf(change: NoticedChange): string {
  const severity = severityOf(change);
  if (change.kind === 'withdrawn') return 'good';
  if (compareSeverity(severity, 'High') >= 0) return 'attention';
  return severity === 'Medium' ? 'warning' : 'default';
}

function factsOf(change: NoticedChange): { title: string; value: string }[] {
  const { vulnerability, before } = sidesOf(change);
  const severities = [before, vulnerability].flatMap((side) => (side === null ? [] : [worstRating(side)]));
  return [
    { title: 'Source', value: word(change.source) },
    { title: 'Severity', value: turnOf(severities) },
    { title: 'Packages', value: packagesOf(vulnerability, before) },
  ].filter(({ value }) => value !== '');
}

/** The packages of an advisory, each with its fix before and now. */
function packagesOf(vulnerability: Vulnerability | null, before: Vulnerability | null): string {
  const was = fixesOf(before);
  const all = [...fixesOf(vulnerability)].map(([name, fix]) => {
    const fixes = [was.get(name), fix].filter((one) => one !== undefined);
    return `${cut(name, shownMax.word)} ${turnOf(fixes)}`;
  });
  const list = plain(all.slice(0, packagesMax).join(', '), shownMax.packages);
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

function imageRow(image: NoticeImage): string {
  return `- ${nameOf(image, shownMax.list)}: ${concernedOf(image)}`;
}

function nameOf({ identity, names }: Pick<NoticeImage, 'identity' | 'names'>, most: number): string {
  return plain(names.length === 0 ? identity : names.join(', '), most);
}

function concernedOf({ packages, fix }: Pick<NoticeImage, 'packages' | 'fix'>): string {
  const installed = new Set(packages.map(({ name, version }) => `${name} ${version}`));
  const list = plain([...installed].join(', '), shownMax.list);
  const fixed = plain(fixInWords(fix), shownMax.word);
  return list === '' ? fixed : `${list} (${fixed})`;
}

function linkOf(vulnerability: Vulnerability | null): string | undefined {
  return vulnerability?.links
    .map((link) => URL.parse(link))
    .filter((url) => url !== null && /^https?:$/.test(url.protocol))
    .map((url) => url?.href)
    .find((href) => href !== undefined && href.length <= shownMax.url);
}

function block(text: string, look: Element = {}): Element {
  return { type: 'TextBlock', text, wrap: true, ...look };
}

function word(text: string): string {
  return plain(text, shownMax.word);
}

/**
 * Text that says nothing but itself: cards take Markdown, and `{{DATE(…)}}` (learn.microsoft.com/adaptive-cards/authoring-cards/text-features).
 * A `TextRun` would take none, but webhooks of Teams were seen to refuse it (microsoft/AdaptiveCards, issue 8804).
 */
function plain(text: string, most: number): string {
  return cut(text, most)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .replace(/[\\`*_[\]{}<>~&]/g, '\\$&');
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
