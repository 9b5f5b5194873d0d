import { createHash } from 'node:crypto';
import type * as z from 'zod/mini';
import { InflateError } from '../kit/decompress/inflater.ts';
import { type DocumentErrorFactory, parseBySchema, parseJson } from '../kit/json/json-document.ts';
import { XmlStreamError } from '../kit/xml/xml-stream.ts';
import { ClairError, messageOf } from './errors.ts';
import { limits } from './limits.ts';

/** Content that is well-formed but not as the feed's format requires. `place` is a path of names into it. */
export class UnexpectedContent extends Error {
  readonly place: string;

  constructor(place: string, message: string) {
    super(message);
    this.name = 'UnexpectedContent';
    this.place = place;
  }
}

/** Parses a whole JSON document of a feed. Throws an `UnexpectedContent` at this place if it is not valid JSON. */
export function parseJsonAt(place: string, bytes: Buffer): unknown {
  const refuse: DocumentErrorFactory = (fault) => new UnexpectedContent(place, `it ${fault}`);
  return parseJson(bytes, refuse, limits.documentDepthFromBytes);
}

/** Parses a value of a feed by its schema. Throws an `UnexpectedContent` that names the first place where the value differs. */
export function parseFeedValue<T extends z.ZodMiniType>(
  schema: T,
  value: unknown,
  place: string,
): z.output<T> {
  return parseBySchema(schema, value, ({ path, message }) => {
    const places = [place, path].filter((name) => name !== '');
    return new UnexpectedContent(places.join('.'), message);
  });
}

/** The feed and the URL that the content is read from, for error messages. */
export interface FeedContext {
  readonly source: string;
  readonly feed: string;
  readonly content: { readonly url: string };
}

/** Passes records on. Turns errors of their reader about the content into an error that names the feed. */
export async function* withFeedErrors<T>(context: FeedContext, records: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* records;
  } catch (error) {
    throw toCorruptFeedError(context, error);
  }
}

/** Reads a document. Turns an error about its text into one that names the feed. */
export function readWithFeedErrors<T>(context: FeedContext, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw toCorruptFeedError(context, error);
  }
}

/** Turns an error about the content into one that names the feed. Returns any other error unchanged. */
export function toCorruptFeedError({ source, feed, content }: FeedContext, error: unknown): unknown {
  const place = placeOf(error);
  if (place === undefined) return error;
  const reason = error instanceof InflateError ? error.reason : messageOf(error);
  const message = `the ${source} feed ${feed} from ${content.url} is damaged at ${place}: ${reason}`;
  return new ClairError('feed-corrupt', `${message}. Fetch it again, or check the mirror.`, { cause: error });
}

/** The checksum that another file declares for some content. */
export interface Checksum {
  readonly algorithm: string;
  /** Lower-case hexadecimal digits. */
  readonly digest: string;
  /** The file that declares it. */
  readonly declaredIn: string;
}

/** Passes content on. Throws an `UnexpectedContent` at its end if the checksum differs. */
export async function* verifyChecksum(
  body: AsyncIterable<Uint8Array>,
  { algorithm, digest, declaredIn }: Checksum,
): AsyncGenerator<Uint8Array> {
  const hash = createHash(algorithm);
  for await (const piece of body) {
    hash.update(piece);
    yield piece;
  }
  const actual = hash.digest('hex');
  if (actual !== digest)
    throw new UnexpectedContent('its end', `its ${algorithm} is ${actual}, but ${declaredIn} says ${digest}`);
}

/** Readers of JSON, archives and compressed data count bytes. Readers of records and XML describe the place in text. */
function placeOf(error: unknown): string | undefined {
  if (error instanceof UnexpectedContent || error instanceof XmlStreamError) return error.place;
  if (error instanceof InflateError) return `byte ${error.position} of the compressed data`;
  const isCounted = error instanceof Error && 'position' in error && typeof error.position === 'number';
  return isCounted ? `byte ${String(error.position)}` : undefined;
}
