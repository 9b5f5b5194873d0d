import * as z from 'zod/mini';

/** The text that leads to the next page of a list: opaque to clients, and checked when it returns. */
export interface PageCursor<Place> {
  /** Returns the text of a place, for `next`. */
  readonly write: (place: Place) => string;
  /** The schema of the parameter `after`. It accepts only text that `write` of the same list has written. */
  readonly parameter: z.ZodMiniType<Place>;
}

const message = 'must be the next of a page of this list';

/**
 * Returns the cursor of a list. The schema decides on what a place is; it must not change a place. A cursor is no secret, and clients can make
 * one: it must lead only to what the client may read anyway. `list` is the name of the list with what its order depends on.
 */
export function pageCursor<Place>(list: string, schema: z.ZodMiniType<Place>): PageCursor<Place> {
  const content = z.tuple([z.literal(list), schema]);
  return {
    write: (place) => Buffer.from(JSON.stringify([list, place])).toString('base64url'),
    parameter: z.pipe(
      z.string(message),
      z.transform((text, context): Place => {
        const { success, data } = z.safeParse(content, jsonIn(text));
        if (success) return data[1];
        context.issues.push({ code: 'custom', message, input: text });
        return z.NEVER;
      }),
    ),
  };
}

/** Returns the JSON in the text. Undefined if it has none, which no schema of a list accepts. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown;
  } catch {
    return undefined;
  }
}
