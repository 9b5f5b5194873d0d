import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { RegistryAccess } from '../../image/registry/endpoint.ts';
import { type FernetKey, openFernet, sealFernet } from '../../kit/fernet.ts';

/** Encrypts access to a registry that a client has given, so that a copy of the database does not reveal it. */
export function sealAccess(access: RegistryAccess, key: FernetKey, now: Date): string {
  return sealFernet(JSON.stringify(access), key, now);
}

/** Returns the access that `sealAccess` has encrypted. Throws `registry-refused` if another key did, or if it is too old. */
export function openAccess(sealed: string, key: FernetKey, now: Date): RegistryAccess {
  // A scan may wait for `orderedScanMs`. Its last attempt begins some minutes later.
  const message = openFernet(sealed, key, { now, ageMaxMs: 2 * limits.orderedScanMs });
  if (message !== undefined)
    // The text was written by `sealAccess`, so it needs no validation.
    return JSON.parse(message.toString()) as RegistryAccess;
  throw new ClairError(
    'registry-refused',
    'the credentials of the request cannot be decrypted: give all servers the same api.harbor.key',
  );
}
