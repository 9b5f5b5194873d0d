import * as z from 'zod/mini';

/** Parses a value by its schema. Undefined if zod overflows the stack, onto which it spreads the errors. */
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
