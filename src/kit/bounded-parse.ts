import * as z from 'zod/mini';

/** What a schema says of a value; undefined where so much is wrong that the errors do not fit on the stack, on which zod spreads them. */
export function boundedParse<T extends z.ZodMiniType>(
  schema: T,
  value: unknown,
): ReturnType<typeof z.safeParse<T>> | undefined {
  try {
    return z.safeParse(schema, value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
