import { UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { attributeOf, childOf, childrenOf, contentOf, textOf } from '../../kit/xml/xml-element.ts';
import { type XmlElement, XmlStreamError, xmlRecords } from '../../kit/xml/xml-stream.ts';
import { cvesIn } from '../../model/cve.ts';
import type { Affected, FeedRecord, FetchedFeed, VersionScheme } from '../../plugin/index.ts';
import { tarredFiles } from '../feed-documents.ts';
import { parseModified, vendorSeverity } from '../vendor-values.ts';
import { intervalOf, rangeOfInterval, type VersionInterval, without } from './intervals.ts';

/** A feed of advisories, and the order of their versions. */
export interface GlsaFeed {
  readonly feed: string;
  readonly scheme: VersionScheme;
}

const namespace = { name: 'gentoo', versionScheme: 'gentoo' } as const;
const advisoryFile = /(?:^|\/)glsa-(\d{6}-\d+)\.xml$/;

/** Yields the advisories of the archive, one file each. Skips a file that is not understood: the archive itself is intact. */
export function glsaRecords(glsa: GlsaFeed, content: FetchedFeed): AsyncGenerator<FeedRecord> {
  return withFeedErrors({ source: 'gentoo', feed: glsa.feed, content }, records(glsa.scheme, content));
}

async function* records(scheme: VersionScheme, content: FetchedFeed): AsyncGenerator<FeedRecord> {
  let count = 0;
  for await (const { path, bytes } of tarredFiles(content, (name) => advisoryFile.test(name))) {
    count++;
    yield* await recordsOfFile(path, bytes, scheme);
  }
  if (count === 0) throw new UnexpectedContent('its end', 'it holds no advisory');
}

async function recordsOfFile(path: string, bytes: Buffer, scheme: VersionScheme): Promise<FeedRecord[]> {
  try {
    const found: FeedRecord[] = [];
    const shape = { root: 'glsa', level: 0, allowDoctype: true };
    for await (const { element } of xmlRecords(pieces(bytes), shape))
      found.push(...advisory(element, scheme));
    return found;
  } catch (error) {
    if (!(error instanceof UnexpectedContent || error instanceof XmlStreamError)) throw error;
    return [{ kind: 'skipped', key: path, reason: `${error.place}: ${error.message}` }];
  }
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/** Severities by the type of the impact. */
const severities: ReadonlyMap<string, string> = new Map([
  ['high', 'high'],
  ['normal', 'medium'],
  ['medium', 'medium'],
  ['low', 'low'],
  ['minimal', 'low'],
]);

function advisory(root: XmlElement, scheme: VersionScheme): FeedRecord[] {
  const id = `GLSA-${attributeOf(root, 'id')}`;
  // Other advisories are about the infrastructure of Gentoo.
  if (childOf(root, 'product')?.attributes['type'] !== 'ebuild') return [];
  const affected = childrenOf(childOf(root, 'affected'), 'package').flatMap((item) => rowsOf(item, scheme));
  if (affected.length === 0)
    throw new UnexpectedContent(`line ${root.line}`, 'it names no vulnerable version');
  const synopsis = textOf(root, 'synopsis');
  const revised = childOf(root, 'revised');
  return [
    {
      kind: 'vulnerability',
      key: id,
      id,
      aliases: cvesIn(...childrenOf(childOf(root, 'references'), 'uri').map(contentOf)),
      ...(synopsis !== '' && { description: synopsis }),
      title: textOf(root, 'title') || id,
      links: [`https://security.gentoo.org/glsa/${id.slice('GLSA-'.length)}`],
      severity: vendorSeverity(severities.get(childOf(root, 'impact')?.attributes['type'] ?? '')),
      cvss: [],
      ...parseModified((revised && contentOf(revised).slice(0, 'yyyy-mm-dd'.length)) || undefined),
      affected,
    },
  ];
}

/**
 * Returns the rows of a package: its vulnerable versions, without those that the advisory calls unaffected. A row cannot have a slot, so a
 * vulnerable range counts for all slots, and an unaffected one only within vulnerable ranges of its own slot.
 */
function rowsOf(item: XmlElement, scheme: VersionScheme): Affected[] {
  const name = attributeOf(item, 'name');
  const unaffected = childrenOf(item, 'unaffected');
  return childrenOf(item, 'vulnerable').flatMap((element) => {
    const clear = unaffected.filter((other) => isOfSlot(other, element));
    const whole = intervalIn(element, scheme);
    const left = clear.reduce<readonly VersionInterval[]>(
      (intervals, other) => without(intervals, intervalIn(other, scheme), scheme),
      [whole],
    );
    return left.map((interval) => rowOf(name, interval, { fixes: fixesOf(clear), scheme }));
  });
}

function isOfSlot(unaffected: XmlElement, vulnerable: XmlElement): boolean {
  const slot = slotOf(unaffected);
  return slot === undefined || slot === slotOf(vulnerable);
}

function slotOf({ attributes: { slot } }: XmlElement): string | undefined {
  return slot === undefined || slot === '' || slot === '*' ? undefined : slot;
}

function intervalIn(element: XmlElement, scheme: VersionScheme): VersionInterval {
  const interval = intervalOf(attributeOf(element, 'range'), contentOf(element));
  const isOrdered = interval !== undefined && scheme.compare(contentOf(element), contentOf(element)) === 0;
  if (!isOrdered)
    throw new UnexpectedContent(
      `line ${element.line}`,
      `versions that are not understood: ${contentOf(element)}`,
    );
  return interval;
}

/** Returns the versions from which on a package is unaffected. */
function fixesOf(unaffected: readonly XmlElement[]): readonly string[] {
  return unaffected.filter(({ attributes: { range } }) => range === 'ge' || range === 'rge').map(contentOf);
}

interface Fixes {
  readonly fixes: readonly string[];
  readonly scheme: VersionScheme;
}

function rowOf(name: string, interval: VersionInterval, { fixes, scheme }: Fixes): Affected {
  const range = rangeOfInterval(interval);
  const { to } = range;
  // The lowest version above the range that is unaffected.
  const [fixed] =
    to === undefined
      ? []
      : fixes
          .filter((fix) => (scheme.compare(fix, to) ?? -1) >= (range.toIncluded ? 1 : 0))
          .sort((a, b) => scheme.compare(a, b) ?? 0);
  return {
    namespace,
    package: name,
    range,
    fix: fixed === undefined ? { state: 'unfixed' } : { state: 'fixed', version: fixed },
  };
}
