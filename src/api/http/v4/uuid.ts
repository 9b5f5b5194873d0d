import { badRequest } from '../route.ts';

/** The UUID that Go's programs have in place of none. */
export const nilUuid = '00000000-0000-0000-0000-000000000000';

/** Length of the text of a UUID without decoration. */
const uuidCharacters = 36;

/**
 * Returns a UUID in lower case. As in Clair, it may be in capitals, in braces, or a URN. Throws `WireError` 400 with `refusal`, and the fault
 * after a colon if `namesFault` is true.
 */
export function readUuid(
  text: string,
  refusal: string,
  { namesFault }: { readonly namesFault: boolean },
): string {
  const bare = text.replace(/^urn:uuid:/i, '').replace(/^\{(.*)\}$/, '$1');
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(bare)) return bare.toLowerCase();
  const fault =
    bare.length === uuidCharacters ? 'invalid UUID format' : `invalid UUID length: ${text.length}`;
  throw badRequest(namesFault ? `${refusal}: ${fault}` : refusal);
}
