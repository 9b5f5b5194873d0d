import {
  parseJsonAt,
  readWithFeedErrors,
  UnexpectedContent,
  verifyChecksum,
  withFeedErrors,
} from '../../core/corrupt-feed.ts';
import { bufferView } from '../../kit/bytes/bytes.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { jsonElementTextsOf } from '../../kit/json/json-stream.ts';
import type {
  FetchedFeed,
  OnFeedDate,
  RatingDocument,
  RatingReader,
  RatingRecord,
} from '../../plugin/index.ts';
import { findHeadOfCve, headOfCve, readNvdCve } from './record.ts';

/** Yields the CVEs of a file in format 2.0 of NVD as documents. Throws `feed-corrupt` on malformed content. */
export async function* nvdDocuments(
  feed: string,
  content: FetchedFeed,
  onDate?: OnFeedDate,
): AsyncGenerator<RatingDocument> {
  const context = { source: 'nvd', feed, content };
  for await (const document of withFeedErrors(context, documents(content, onDate)))
    yield { ...document, read: () => readWithFeedErrors(context, document.read) };
}

/** Yields the same CVEs parsed. */
export function readNvdFeed(
  feed: string,
  content: FetchedFeed,
  onDate?: OnFeedDate,
): AsyncGenerator<RatingRecord> {
  return withFeedErrors({ source: 'nvd', feed, content }, records(content, onDate));
}

/** Returns the reader of the documents of a file. */
export function nvdReader(feed: string, content: Pick<FetchedFeed, 'url'>): RatingReader {
  const context = { source: 'nvd', feed, content };
  return (document) => readWithFeedErrors(context, () => readText(document));
}

async function* records(content: FetchedFeed, onDate: OnFeedDate | undefined): AsyncGenerator<RatingRecord> {
  for await (const document of documents(content, onDate)) yield readText(document);
}

async function* documents(
  { body, url, fingerprint }: FetchedFeed,
  onDate: OnFeedDate | undefined,
): AsyncGenerator<RatingDocument> {
  let count = 0;
  const json = verifiedByMeta(inflateStream(body, url), fingerprint);
  for await (const { bytes, value } of jsonElementTextsOf('vulnerabilities', json)) {
    const position = `vulnerabilities.${count++}`;
    const { id, modified } = findHeadOfCve(bytes) ?? headOfCve(value(), position);
    if (modified !== undefined) onDate?.({ dated: modified, by: 'record' });
    // The text states everything that its rating depends on.
    const context = '';
    yield { kind: 'document', id, context, bytes, read: () => readText({ context, bytes }) };
  }
  if (count === 0) throw new UnexpectedContent('its end', 'no CVEs');
}

/** Returns the content. If the fingerprint is a checksum from `.meta`, the stream fails when the content does not match it. */
function verifiedByMeta(body: AsyncIterable<Uint8Array>, fingerprint: string): AsyncIterable<Uint8Array> {
  return /^[0-9a-f]{64}$/.test(fingerprint)
    ? verifyChecksum(body, { algorithm: 'sha256', digest: fingerprint, declaredIn: '.meta' })
    : body;
}

/** Reads a CVE. The id that its text begins with must be that of the CVE. */
function readText({ bytes }: Parameters<RatingReader>[0]): RatingRecord {
  const text = bufferView(bytes);
  const id = findHeadOfCve(text)?.id;
  const place = id ?? 'a CVE';
  const rating = readNvdCve(parseJsonAt(place, text), place);
  if (id !== undefined && rating.id !== id) throw new UnexpectedContent(place, 'it has two ids');
  return rating;
}
