import type * as z from 'zod/mini';
import { boundedParse } from './bounded-parse.ts';
import { InflateError } from './decompress/inflate-error.ts';
import { ClairError, messageOf } from './errors.ts';
import { XmlStreamError } from './xml-stream.ts';

/** Content that is well-formed but does not say what the feed should say. `place` is a path of names into it. */
export class UnexpectedContent extends Error {
  readonly place: string;

  constructor(place: string, message: string) {
    super(message);
    this.name = 'UnexpectedContent';
    this.place = place;
  }
}

/** The value as its schema reads it; throws an `UnexpectedContent` that names the first place where it differs. */
export function checked<T extends z.ZodMiniType>(schema: T, value: unknown, place: string): z.output<T> {
  const result = boundedParse(schema, value);
  if (result === undefined) throw new UnexpectedContent(place, 'more is wrong in it than can be told');
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = [place, ...(issue?.path ?? [])].filter((name) => name !== '').join('.');
  const wanted = issue?.code === 'invalid_type' ? `not the expected ${issue.expected}` : 'not as expected';
  throw new UnexpectedContent(path, wanted);
}

/** What is read from where. */
export interface FeedAtHand {
  readonly source: string;
  readonly feed: string;
  readonly content: { readonly url: string };
}

/** Passes records on, and turns what their reader throws about the content into an error that names the feed. */
export async function* fromFeed<T>(
  { source, feed, content }: FeedAtHand,
  records: AsyncIterable<T>,
): AsyncGenerator<T> {
  try {
    yield* records;
  } catch (error) {
    const place = placeOf(error);
    if (place === undefined) throw error;
    const reason = error instanceof InflateError ? error.reason : messageOf(error);
    const message = `the ${source} feed ${feed} from ${content.url} is damaged at ${place}: ${reason}`;
    throw new ClairError('feed-corrupt', `${message}. Fetch it again, or check the mirror.`, {
      cause: error,
    });
  }
}

/** Readers of JSON, archives and compressed data count bytes; those of records and XML have words for the place. */
function placeOf(error: unknown): string | undefined {
  if (error instanceof UnexpectedContent || error instanceof XmlStreamError) return error.place;
  if (error instanceof InflateError) return `byte ${error.position} of the compressed data`;
  const isCounted = error instanceof Error && 'position' in error && typeof error.position === 'number';
  return isCounted ? `byte ${String(error.position)}` : undefined;
}
