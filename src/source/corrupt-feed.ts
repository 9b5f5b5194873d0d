import * as z from 'zod/mini';
import { ClairError, messageOf } from '../kit/errors.ts';
import { JsonStreamError } from '../kit/json-stream.ts';
import type { Fetched } from '../plugin/advisory-source.ts';

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
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = [place, ...(issue?.path ?? [])].filter((name) => name !== '').join('.');
  const wanted = issue?.code === 'invalid_type' ? `not the expected ${issue.expected}` : 'not as expected';
  throw new UnexpectedContent(path, wanted);
}

/** Passes records on, and turns what their reader throws about the content into an error that names the feed. */
export async function* fromFeed<T>(
  { source, feed, content }: { readonly source: string; readonly feed: string; readonly content: Fetched },
  records: AsyncIterable<T>,
): AsyncGenerator<T> {
  try {
    yield* records;
  } catch (error) {
    const place = placeOf(error);
    if (place === undefined) throw error;
    const message = `the ${source} feed ${feed} from ${content.url} is damaged at ${place}: ${messageOf(error)}`;
    throw new ClairError('feed-corrupt', `${message}. Fetch it again, or check the mirror.`, {
      cause: error,
    });
  }
}

function placeOf(error: unknown): string | undefined {
  if (error instanceof JsonStreamError) return `byte ${error.position}`;
  return error instanceof UnexpectedContent ? error.place : undefined;
}
