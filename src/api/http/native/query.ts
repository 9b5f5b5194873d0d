import * as z from 'zod/mini';
import { momentForms, parseMoment } from '../../../kit/moment.ts';
import { type ApiRequest, WireError } from '../route.ts';

/** Parses a query with a schema; a repeated parameter is a list. Throws `WireError` 400 for unknown parameters and invalid values. */
export function parseQuery<T>({ query }: ApiRequest, schema: z.ZodMiniType<T>): T {
  const names = [...new Set(query.keys())];
  const values = names.map((name) => {
    const all = query.getAll(name);
    return [name, all.length === 1 ? all[0] : all] as const;
  });
  const { success, data, error } = z.safeParse(schema, Object.fromEntries(values));
  if (success) return data;
  const [issue] = error.issues;
  if (issue?.code === 'unrecognized_keys')
    throw new WireError(400, `unknown parameter ${issue.keys.join(', ')}`);
  throw new WireError(400, `${issue?.path.join('.')} ${issue?.message}`);
}

/** The parameter with which clients accept an answer without some cells. A complete installation has none, and ignores it. */
export const partialParameter: z.ZodMiniType<'true' | 'false' | undefined> = z.optional(
  z.enum(['true', 'false'], 'must be true or false'),
);

/**
 * The parameter `asOf`: a time in the past, parsed to ISO 8601 as `--as-of` of the command line. The current day means the current advisories,
 * since the clock of the database may be behind.
 */
export const asOfParameter: z.ZodMiniType<string | undefined> = z.optional(
  z.pipe(
    z.string('must be given once'),
    z.transform((input, { issues }) => {
      const now = new Date();
      const moment = parseMoment(input, now);
      if (moment === undefined) issues.push({ code: 'custom', input, message: `must be ${momentForms}` });
      return moment === now ? undefined : moment?.toISOString();
    }),
  ),
);

/** Returns the schema of a decimal integer from `min` to `max`. */
export function integerParameter(min: number, max: number): z.ZodMiniType<number> {
  const message = `must be an integer from ${min} to ${max}`;
  return z.pipe(
    z.string(message).check(z.regex(/^\d{1,15}$/, message)),
    z.pipe(z.transform(Number), z.number().check(z.minimum(min, message), z.maximum(max, message))),
  );
}
