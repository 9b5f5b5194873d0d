import { createHash, randomBytes } from 'node:crypto';
import { accessByTokens } from '../api/http/access.ts';
import { ClairError } from '../core/errors.ts';
import { writeText } from './output.ts';

/** Options of `clair config token`. */
export interface TokenOptions {
  readonly scope: string;
  readonly name?: string;
  /** The last day in UTC on which the token is valid: `2027-01-31`. */
  readonly expires?: string;
  /** Patterns of the repositories to which the token is limited: `registry.example/shop/**`. */
  readonly repository?: readonly string[];
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

/** Returns the entry of `api.tokens` for a token. Throws `usage` for invalid parts, and for a day or repositories without a name. */
export function tokenEntry(token: string, { scope, name, expires, repository = [] }: TokenOptions): string {
  const limit = repository.length === 0 ? undefined : repository.join('|');
  if (name === undefined && (expires !== undefined || limit !== undefined))
    throw new ClairError('usage', '--expires and --repository need --name: the log names the token');
  const sum = createHash('sha256').update(token).digest('hex');
  const day = expires ?? (limit === undefined ? undefined : '');
  const entry = [scope, sum, name, day, limit].filter((part) => part !== undefined).join(':');
  try {
    accessByTokens([entry]);
  } catch (error) {
    const message =
      '--name takes up to 64 letters, digits and . _ @ -, --expires a day such as 2027-01-31, and --repository a pattern such as ' +
      'registry.example/shop/**';
    throw new ClairError('usage', message, { cause: error });
  }
  return entry;
}
