import type { Fix } from '../model/fix.ts';
import { compareSeverity, type Severity, worstSeverity } from '../model/severity.ts';
import type { Vulnerability } from '../model/vulnerability.ts';
import type {
  BatchNotificationContent,
  ChangeNotificationContent,
  NotificationImage,
  NotificationMessage,
  VulnerabilityChange,
} from '../plugin/transport.ts';

/** So many characters of what may be long are told. What is told every time has to fit, whatever the characters. */
const maxLengths = { word: 80, description: 1000, list: 300, packages: 600, url: 500 };
const packagesMax = 5;

/** Masks what has a meaning where people read, in at most about so many characters of a text of others. */
export type EscapeText = (text: string, maxLength: number) => string;

/** A notice as people are told it. All texts are masked, and none is without limit, but there may be any number of rows. */
export interface ChannelMessage {
  readonly title: string;
  /** What the title is about, in a digest the worst; nothing in an empty one. */
  readonly change: VulnerabilityChange | undefined;
  /** Empty where nobody wrote any. */
  readonly description: string;
  readonly facts: readonly { readonly title: string; readonly value: string }[];
  /** Stands for rows where there are none to come. */
  readonly emptyText: string;
  /** Images or changes; in digests the worst first, so that the mildest are left out where there is no room. */
  readonly rows: readonly string[];
  /** What follows rows, for so many that are not shown; empty where there is nothing to say. */
  readonly moreText: (left: number) => string;
  /** An advisory on the web. */
  readonly link: string | undefined;
}

/** What people are told, in words of a receiver's text. */
export async function renderMessage(
  notification: NotificationMessage,
  escapeText: EscapeText,
): Promise<ChannelMessage> {
  return notification.kind === 'change'
    ? renderChange(await notification.content(), escapeText)
    : renderBatch(await notification.content(), escapeText);
}

function renderChange(
  { images, hasMoreImages, ...change }: ChangeNotificationContent,
  escapeText: EscapeText,
): ChannelMessage {
  const { vulnerability } = currentAndPrevious(change);
  return {
    title: titleOf(change, escapeText),
    change,
    description: escapeText(vulnerability?.description ?? '', maxLengths.description),
    facts: factsOf(change, escapeText),
    emptyText: images.length === 0 && !hasMoreImages ? 'No image is known to have it.' : '',
    rows: images.map((image) => `- ${imageNames(image, escapeText)}: ${affectedPackages(image, escapeText)}`),
    moreText: (left) => {
      if (!hasMoreImages) return left === 0 ? '' : `and ${left} more images`;
      return left === 0 ? 'and more images' : `and more than ${left} more images`;
    },
    link: linkOf(vulnerability),
  };
}

function renderBatch({ image, changes }: BatchNotificationContent, escapeText: EscapeText): ChannelMessage {
  const sorted = changes.toSorted((a, b) => compareSeverity(changeSeverity(b), changeSeverity(a)));
  const count = changes.length === 1 ? '1 change' : `${changes.length} changes`;
  return {
    title: `${imageNames(image, escapeText)}: ${count}`,
    change: sorted[0],
    description: '',
    facts: [],
    emptyText: '',
    rows: sorted.map((change) => `${titleOf(change, escapeText)}: ${affectedPackages(change, escapeText)}`),
    moreText: (left) => (left === 0 ? '' : `and ${left} more, none of them worse`),
    link: undefined,
  };
}

const kinds = { new: 'New', changed: 'Changed', withdrawn: 'Withdrawn' };

function titleOf(change: VulnerabilityChange, escapeText: EscapeText): string {
  const id = escapeText(currentAndPrevious(change).vulnerability?.id ?? '', maxLengths.word);
  const where = change.namespace === null ? '' : ` in ${escapeText(change.namespace, maxLengths.word)}`;
  return `${kinds[change.kind]}: ${id} (${changeSeverity(change)})${where}`;
}

function factsOf(change: VulnerabilityChange, escapeText: EscapeText): ChannelMessage['facts'] {
  const { vulnerability, before } = currentAndPrevious(change);
  const severities = [before, vulnerability].flatMap((side) => (side === null ? [] : [worstRating(side)]));
  return [
    { title: 'Source', value: escapeText(change.source, maxLengths.word) },
    { title: 'Severity', value: transitionText(severities) },
    { title: 'Packages', value: packagesOf({ vulnerability, before }, escapeText) },
  ].filter(({ value }) => value !== '');
}

/** The packages of an advisory, each with its fix before and now. */
function packagesOf(
  { vulnerability, before }: ReturnType<typeof currentAndPrevious>,
  escapeText: EscapeText,
): string {
  const was = fixesOf(before);
  const all = [...fixesOf(vulnerability)].map(([name, fix]) => {
    const fixes = [was.get(name), fix].filter((one) => one !== undefined);
    return `${truncate(name, maxLengths.word)} ${transitionText(fixes)}`;
  });
  const list = escapeText(all.slice(0, packagesMax).join(', '), maxLengths.packages);
  return all.length > packagesMax ? `${list}, and ${all.length - packagesMax} more` : list;
}

/** A package may have several rows, for several ranges of versions. */
function fixesOf(vulnerability: Vulnerability | null): ReadonlyMap<string, string> {
  const rows = Map.groupBy(vulnerability?.affected ?? [], (row) => row.package);
  return new Map(
    Array.from(rows, ([name, of]) => [name, [...new Set(of.map(({ fix }) => fixText(fix)))].join(' or ')]),
  );
}

function transitionText(values: readonly string[]): string {
  return [...new Set(values)].join(' → ');
}

function imageNames(
  { identity, names }: Pick<NotificationImage, 'identity' | 'names'>,
  escapeText: EscapeText,
): string {
  return escapeText(names.length === 0 ? identity : names.join(', '), maxLengths.list);
}

function affectedPackages(
  { packages, fix }: Pick<NotificationImage, 'packages' | 'fix'>,
  escapeText: EscapeText,
): string {
  const installed = new Set(packages.map(({ name, version }) => `${name} ${version}`));
  const list = escapeText([...installed].join(', '), maxLengths.list);
  const fixed = escapeText(fixText(fix), maxLengths.word);
  return list === '' ? fixed : `${list} (${fixed})`;
}

function linkOf(vulnerability: Vulnerability | null): string | undefined {
  return vulnerability?.links
    .map((link) => URL.parse(link))
    .filter((url) => url !== null && /^https?:$/.test(url.protocol))
    .map((url) => url?.href)
    .find((href) => href !== undefined && href.length <= maxLengths.url);
}

/** What a change is about, as it is now or was at last; `before` where that is something else. */
function currentAndPrevious({ old, new: is }: VulnerabilityChange): {
  readonly vulnerability: Vulnerability | null;
  readonly before: Vulnerability | null;
} {
  return is === null ? { vulnerability: old, before: null } : { vulnerability: is, before: old };
}

/** How bad it is now, or was at last. */
export function changeSeverity(change: VulnerabilityChange): Severity {
  const { vulnerability } = currentAndPrevious(change);
  return vulnerability === null ? 'Unknown' : worstRating(vulnerability);
}

/** The worst it is rated: vendors may rate each package by itself. */
function worstRating({ severity, affected }: Vulnerability): Severity {
  return affected.length === 0 ? severity : worstSeverity(affected.map((row) => row.severity ?? severity));
}

/** What a vendor says of a fix. */
function fixText(fix: Fix): string {
  return fix.state === 'fixed' ? `fixed in ${fix.version}` : fix.state.replaceAll('-', ' ');
}

/** A text of so many characters at most, and a sign where there were more. */
export function truncate(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}

/** A text in one line, without what is not shown: it might be cut within a character, or turn the direction of what follows. */
export function collapseWhitespace(text: string): string {
  return text.replace(/[\p{C}\s]+/gu, ' ').trim();
}
