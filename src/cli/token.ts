import { createHash, randomBytes } from 'node:crypto';
import { accessByTokens } from '../api/http/access.ts';
import { ClairError } from '../core/errors.ts';
import { writeText } from './output.ts';

/** Options of `clair config token`. */
export interface TokenOptions {
  readonly scope: string;
  readonly name?: string;
}

/** Random bytes of a token, as many as a SHA-256 has. */
const tokenBytes = 32;

/** Runs `clair config token`: prints a new random token and its entry for `api.tokens`. */
export async function makeToken(options: TokenOptions): Promise<number> {
  const token = randomBytes(tokenBytes).toString('base64url');
  const entry = tokenEntry(token, options);
  writeText([
    `Token for the client, shown only now:\n  ${token}\n`,
    `Entry of api.tokens for the server:\n  ${entry}\n`,
  ]);
  return 0;
}

/** Returns the entry of `api.tokens` for a token. Throws `usage` for an invalid name. */
export function tokenEntry(token: string, { scope, name }: TokenOptions): string {
  const sum = createHash('sha256').update(token).digest('hex');
  const entry = [scope, sum, ...(name === undefined ? [] : [name])].join(':');
  try {
    accessByTokens([entry]);
  } catch (error) {
    const message = '--name takes up to 64 letters, digits and . _ @ -';
    throw new ClairError('usage', message, { cause: error });
  }
  return entry;
}
