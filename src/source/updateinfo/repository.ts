import {
  type Checksum,
  toCorruptFeedError,
  UnexpectedContent,
  verifyChecksum,
  withFeedErrors,
} from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { childOf } from '../../kit/xml/xml-element.ts';
import { xmlRecords } from '../../kit/xml/xml-stream.ts';
import type { FeedClient, FetchedFeed, FetchResult } from '../../plugin/index.ts';

/** A feed, and the base URLs of repositories that have it, from best to worst. */
export interface RepositoryFeed {
  readonly source: string;
  readonly feed: string;
  readonly bases: readonly string[];
}

/** The location of the advisories in a repository, and their checksum. */
interface Location {
  readonly url: string;
  readonly checksum: Checksum;
}

/** Node's digest names by the names in repository metadata. */
const algorithms: Readonly<Record<string, string>> = {
  sha256: 'sha256',
  sha512: 'sha512',
};

/**
 * Fetches the `updateinfo` of the first repository that exists, through its `repomd.xml`. The fingerprint is the checksum in `repomd.xml`,
 * which avoids a second download; the bytes must match it. Returns `absent` for a repository without advisories, and undefined if there is
 * no repository at any of the URLs.
 */
export async function fetchUpdateinfo(
  { source, feed, bases }: RepositoryFeed,
  client: FeedClient,
  lastFingerprint: string | undefined,
): Promise<FetchResult | undefined> {
  for (const base of bases) {
    const repomd = await client.get(joined(base, 'repodata/repomd.xml'));
    if (typeof repomd === 'string') continue;
    const location = await locationIn({ source, feed, content: repomd }, base);
    if (location === undefined) return 'absent';
    if (location.checksum.digest === lastFingerprint) return 'unchanged';
    const updateinfo = await client.get(location.url);
    if (typeof updateinfo === 'string') continue;
    const body = withFeedErrors(
      { source, feed, content: updateinfo },
      verifyChecksum(updateinfo.body, location.checksum),
    );
    return { ...updateinfo, fingerprint: location.checksum.digest, body };
  }
  return undefined;
}

function joined(base: string, path: string): string {
  return new URL(path, base.endsWith('/') ? base : `${base}/`).href;
}

/** The metadata of a repository of a feed. */
interface RepositoryIndex {
  readonly source: string;
  readonly feed: string;
  readonly content: FetchedFeed;
}

/** Returns undefined if the repository has no advisories. */
async function locationIn(index: RepositoryIndex, base: string): Promise<Location | undefined> {
  const { content } = index;
  const records = xmlRecords(inflateStream(content.body, content.url), { root: 'repomd', level: 1 });
  for await (const { element } of withFeedErrors(index, records)) {
    if (element.name !== 'data' || element.attributes['type'] !== 'updateinfo') continue;
    const href = childOf(element, 'location')?.attributes['href'];
    const sum = childOf(element, 'checksum');
    const algorithm = algorithms[sum?.attributes['type'] ?? ''];
    const digest = sum?.text.trim().toLowerCase();
    if (!href || !digest || algorithm === undefined) {
      const message = 'updateinfo has no location or no known checksum';
      throw toCorruptFeedError(index, new UnexpectedContent(`line ${element.line}`, message));
    }
    return { url: joined(base, href), checksum: { algorithm, digest, declaredIn: 'repomd.xml' } };
  }
  return undefined;
}
