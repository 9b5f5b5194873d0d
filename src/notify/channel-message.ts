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

/** Maximum lengths of texts, in characters. The parts of every message fit with them into each service's limit, whatever the characters. */
const maxLengths = { word: 80, description: 1000, list: 300, packages: 600, url: 500 };
const packagesMax = 5;

/** Escapes the markup of a chat service in untrusted text. The result has at most about `maxLength` characters. */
export type EscapeText = (text: string, maxLength: number) => string;

/** A notification rendered for people. All texts are escaped and limited in length. The number of rows is not limited. */
export interface ChannelMessage {
  readonly title: string;
  /** The change in the title; in a batch, the most severe one. Undefined in an empty batch. */
  readonly change: VulnerabilityChange | undefined;
  /** Empty if the advisory has no description. */
  readonly description: string;
  readonly facts: readonly { readonly title: string; readonly value: string }[];
  /** Shown if there are no rows and no more images exist. */
  readonly emptyText: string;
  /** Images or changes. Batches list the most severe first, so that the mildest are left out if space runs out. */
  readonly rows: readonly string[];
  /** Returns the line after the rows if `left` of them are not shown. Empty if there is nothing to add. */
  readonly moreText: (left: number) => string;
  /** URL of the advisory. */
  readonly link: string | undefined;
}

/** Whether a notification affects known images. People need no other: feeds change many records of packages that no image has. */
export async function affectsImages(notification: NotificationMessage): Promise<boolean> {
  if (notification.kind !== 'change') return true;
  const { images, hasMoreImages } = await notification.content();
  return images.length > 0 || hasMoreImages;
}

/** Renders a notification, and escapes its texts for one service. */
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
    emptyText: images.length === 0 && !hasMoreImages ? 'No known image is affected.' : '',
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

/** Lists the packages of an advisory with the fix of each, before and after the change. */
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

/** Returns the fixes by package. A package has several rows if it has several version ranges. */
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

/**
 * Returns the advisory of a change: the new version, or the old one if it was withdrawn. `before` is the old version if there is a new one.
 */
function currentAndPrevious({ old, new: is }: VulnerabilityChange): {
  readonly vulnerability: Vulnerability | null;
  readonly before: Vulnerability | null;
} {
  return is === null ? { vulnerability: old, before: null } : { vulnerability: is, before: old };
}

/** Returns the severity after a change, or before it if the advisory was withdrawn. */
export function changeSeverity(change: VulnerabilityChange): Severity {
  const { vulnerability } = currentAndPrevious(change);
  return vulnerability === null ? 'Unknown' : worstRating(vulnerability);
}

/** Returns the highest severity of an advisory. Vendors may rate each package separately. */
function worstRating({ severity, affected }: Vulnerability): Severity {
  return affected.length === 0 ? severity : worstSeverity(affected.map((row) => row.severity ?? severity));
}

/** Describes a fix, such as `will not fix`. */
function fixText(fix: Fix): string {
  return fix.state === 'fixed' ? `fixed in ${fix.version}` : fix.state.replaceAll('-', ' ');
}

/** Cuts a text to `maxLength` characters, and appends `…` if it was longer. */
export function truncate(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}

/** Joins the lines of a text, and removes control characters, bidirectional overrides and lone surrogates. */
export function collapseWhitespace(text: string): string {
  return text.replace(/[\p{C}\s]+/gu, ' ').trim();
}
