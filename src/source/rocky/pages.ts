import * as z from 'zod/mini';
import { parseFeedValue, parseJsonAt, toCorruptFeedError } from '../../core/corrupt-feed.ts';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { readAllBytes } from '../../kit/bytes/bytes.ts';
import type { FeedClient, FetchedFeed, FetchResult } from '../../plugin/index.ts';

const service = 'https://apollo.build.resf.org/api/v3/advisories/';
const archive = 'https://osv-vulnerabilities.storage.googleapis.com/Rocky%20Linux/all.zip';
const pageSize = 100;

const page = z.object({
  advisories: z.array(z.unknown()),
  total: z.number(),
  last_updated_at: z.optional(z.nullable(z.string())),
});

/** A page with its bytes. */
interface Page extends z.output<typeof page> {
  readonly bytes: Buffer;
}

/**
 * Opens all pages of the errata service as one JSON array, or the OSV archive if there is no such service. The
 * fingerprint is the number of advisories and the time of the last change, which takes one page to read.
 */
export async function fetchAdvisories(
  client: FeedClient,
  lastFingerprint: string | undefined,
): Promise<FetchResult> {
  const result = await client.get(pageUrl(1));
  if (typeof result === 'string') return client.get(archive, lastFingerprint);
  const first = await readPage(result);
  const fingerprint = `${first.total} ${first.last_updated_at ?? ''}`;
  if (fingerprint === lastFingerprint && first.last_updated_at) return 'unchanged';
  return { url: result.url, fingerprint, body: allPages(first, client) };
}

function pageUrl(number: number): string {
  return `${service}?page=${number}&size=${pageSize}`;
}

async function* allPages(first: Page, client: FeedClient): AsyncGenerator<Uint8Array> {
  const comma = Buffer.from(',');
  yield Buffer.from('[');
  yield first.bytes;
  let advisories = first.advisories.length;
  for (let number = 2; advisories < first.total; number++) {
    const next = await nextPage(number, client);
    yield comma;
    yield next.bytes;
    advisories += next.advisories.length;
  }
  yield Buffer.from(']');
}

/** Fetches a page. Throws if it is missing or empty, since the list would end too early. */
async function nextPage(number: number, client: FeedClient): Promise<Page> {
  const result = await client.get(pageUrl(number));
  if (typeof result === 'string') throw incomplete(number, 'is missing');
  const next = await readPage(result);
  if (next.advisories.length === 0) throw incomplete(number, 'is empty');
  return next;
}

function incomplete(number: number, what: string): ClairError {
  const message = `page ${number} of ${service} ${what}, but more advisories are expected. Try again later.`;
  return new ClairError('feed-unavailable', message);
}

async function readPage(content: FetchedFeed): Promise<Page> {
  const tooMuch = (): Error => new ClairError('limit-exceeded', `${content.url} is longer than a page`);
  const bytes = await readAllBytes(content.body, limits.feedRecordBytes, tooMuch);
  try {
    return { ...parseFeedValue(page, parseJsonAt('its start', bytes), ''), bytes };
  } catch (error) {
    throw toCorruptFeedError({ source: 'rocky', feed: 'advisories', content }, error);
  }
}
