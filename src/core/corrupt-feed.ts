import { createHash } from 'node:crypto';
import type * as z from 'zod/mini';
import { boundedParse } from '../kit/bounded-parse.ts';
import { InflateError } from '../kit/decompress/inflate-error.ts';
import { type DocumentErrorFactory, parseJson } from '../kit/json/json-document.ts';
import { XmlStreamError } from '../kit/xml/xml-stream.ts';
import { ClairError, messageOf } from './errors.ts';
import { limits } from './limits.ts';

/** Content that is well-formed but does not say what the feed should say. `place` is a path of names into it. */
export class UnexpectedContent extends Error {
  readonly place: string;

  constructor(place: string, message: string) {
    super(message);
    this.name = 'UnexpectedContent';
    this.place = place;
  }
}

/** The JSON of a whole document of a feed; throws an `UnexpectedContent` at this place. */
export function parseJsonAt(place: string, bytes: Buffer): unknown {
  const refuse: DocumentErrorFactory = (fault) => new UnexpectedContent(place, `it ${fault}`);
  return parseJson(bytes, refuse, limits.documentDepthFromBytes);
}

/** The value as its schema reads it; throws an `UnexpectedContent` that names the first place where it differs. */
export function parseBySchema<T extends z.ZodMiniType>(
  schema: T,
  value: unknown,
  place: string,
): z.output<T> {
  const result = boundedParse(schema, value);
  if (result === undefined) throw new UnexpectedContent(place, 'more is wrong in it than can be told');
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = [place, ...(issue?.path ?? [])].filter((name) => name !== '').join('.');
  const expectation =
    issue?.code === 'invalid_type' ? `not the expected ${issue.expected}` : 'not as expected';
  throw new UnexpectedContent(path, expectation);
}

/** What is read from where. */
export interface FeedContext {
  readonly source: string;
  readonly feed: string;
  readonly content: { readonly url: string };
}

/** Passes records on, and turns what their reader throws about the content into an error that names the feed. */
export async function* withFeedErrors<T>(context: FeedContext, records: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* records;
  } catch (error) {
    throw toCorruptFeedError(context, error);
  }
}

/** What is wrong with the content as an error that names the feed; any other error as it is. */
export function toCorruptFeedError({ source, feed, content }: FeedContext, error: unknown): unknown {
  const place = placeOf(error);
  if (place === undefined) return error;
  const reason = error instanceof InflateError ? error.reason : messageOf(error);
  const message = `the ${source} feed ${feed} from ${content.url} is damaged at ${place}: ${reason}`;
  return new ClairError('feed-corrupt', `${message}. Fetch it again, or check the mirror.`, { cause: error });
}

/** What a file must be by the word of another one. */
export interface Checksum {
  readonly algorithm: string;
  /** In lower-case hexadecimal digits. */
  readonly digest: string;
  /** The file that says so. */
  readonly declaredIn: string;
}

/** Passes content on; throws an `UnexpectedContent` at its end where it has another checksum. */
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

/** Readers of JSON, archives and compressed data count bytes; those of records and XML have words for the place. */
function placeOf(error: unknown): string | undefined {
  if (error instanceof UnexpectedContent || error instanceof XmlStreamError) return error.place;
  if (error instanceof InflateError) return `byte ${error.position} of the compressed data`;
  const isCounted = error instanceof Error && 'position' in error && typeof error.position === 'number';
  return isCounted ? `byte ${String(error.position)}` : undefined;
}
