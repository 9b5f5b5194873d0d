import * as z from 'zod/mini';
import { type Digest, parseDigest } from './digest.ts';

/** Schema of a sha256 or sha512 digest in a document from outside. */
export const digestText: z.ZodMiniType<Digest> = z.pipe(
  z.string(),
  z.transform((text, context): Digest => {
    const parsed = parseDigest(text);
    if (parsed === undefined)
      context.issues.push({ code: 'custom', message: 'not a sha256 or sha512 digest', input: text });
    return parsed ?? ('' as Digest);
  }),
);
