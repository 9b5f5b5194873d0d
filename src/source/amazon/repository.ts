import {
  type Checksum,
  toCorruptFeedError,
  UnexpectedContent,
  verifyChecksum,
  withFeedErrors,
} from '../../core/corrupt-feed.ts';
import { limits } from '../../core/limits.ts';
import { readAllBytes } from '../../kit/bytes/bytes.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { type XmlElement, xmlRecords } from '../../kit/xml/xml-stream.ts';
import type { FeedClient, FetchedFeed, FetchResult } from '../../plugin/index.ts';

/** A feed, and the URL of its mirror list (one base URL per line). */
export interface RepositoryFeed {
  readonly feed: string;
  readonly mirrorList: string;
}

/** The location of the advisories in a repository, and their checksum. */
interface Location {
  readonly url: string;
  readonly checksum: Checksum;
}

/** Node's digest names by the names in repository metadata. */
const algorithms: Readonly<Record<string, string>> = {
  sha: 'sha1',
  sha1: 'sha1',
  sha256: 'sha256',
  sha512: 'sha512',
};

/**
 * Fetches the `updateinfo` of a repository through its mirror list and its `repomd.xml`. The fingerprint is the
 * checksum in `repomd.xml`, which avoids a second download; the bytes must match it. Returns `absent` for a repository
 * without advisories.
 */
export async function fetchUpdateinfo(
  { feed, mirrorList }: RepositoryFeed,
  client: FeedClient,
  lastFingerprint: string | undefined,
): Promise<FetchResult> {
  const list = await client.get(mirrorList);
  if (typeof list === 'string') return 'absent';
  for (const base of await linesOf(feed, list)) {
    const repomd = await client.get(joined(base, 'repodata/repomd.xml'));
    if (typeof repomd === 'string') continue;
    const location = await locationIn(feed, base, repomd);
    if (location === undefined) return 'absent';
    if (location.checksum.digest === lastFingerprint) return 'unchanged';
    const updateinfo = await client.get(location.url);
    if (typeof updateinfo === 'string') continue;
    const body = withFeedErrors(
      { source: 'amazon', feed, content: updateinfo },
      verifyChecksum(updateinfo.body, location.checksum),
    );
    return { ...updateinfo, fingerprint: location.checksum.digest, body };
  }
  // The list may be cut in the middle of a URL. This must not look like a repository that no longer exists.
  throw damaged(feed, list, 'its URLs', 'there is no repository at any of them');
}

async function linesOf(feed: string, content: FetchedFeed): Promise<string[]> {
  const tooMuch = (): unknown => damaged(feed, content, 'its end', 'too long for a list of URLs');
  const bytes = await readAllBytes(content.body, limits.manifestBytes, tooMuch);
  const lines = bytes
    .toString('utf8')
    .split(/\s+/)
    .filter((line) => URL.canParse(line) && /^https?:/.test(line));
  if (lines.length === 0) throw damaged(feed, content, 'its start', 'not a list of URLs');
  return lines;
}

function joined(base: string, path: string): string {
  return new URL(path, base.endsWith('/') ? base : `${base}/`).href;
}

/** Returns undefined if the repository has no advisories. */
async function locationIn(feed: string, base: string, content: FetchedFeed): Promise<Location | undefined> {
  const records = xmlRecords(inflateStream(content.body, content.url), { root: 'repomd', level: 1 });
  for await (const { element } of withFeedErrors({ source: 'amazon', feed, content }, records)) {
    if (element.name !== 'data' || element.attributes['type'] !== 'updateinfo') continue;
    const href = childOf(element, 'location')?.attributes['href'];
    const sum = childOf(element, 'checksum');
    const algorithm = algorithms[sum?.attributes['type'] ?? ''];
    const digest = sum?.text.trim().toLowerCase();
    if (!href || !digest || algorithm === undefined) {
      throw damaged(feed, content, `line ${element.line}`, 'updateinfo has no location or no known checksum');
    }
    return { url: joined(base, href), checksum: { algorithm, digest, declaredIn: 'repomd.xml' } };
  }
  return undefined;
}

function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name);
}

function damaged(feed: string, content: FetchedFeed, place: string, message: string): unknown {
  return toCorruptFeedError({ source: 'amazon', feed, content }, new UnexpectedContent(place, message));
}
