import { ClairError, messageOf } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { monotonicMs, retry } from '../../../kit/async/retry.ts';
import { unavailable, unusable } from './availability.ts';

const seconds = limits.storeBusyMs / 1000;

/** Remedies by SQLSTATE (appendix A of PostgreSQL's manual), for errors that an operator can solve. */
const serverRemedies: Readonly<Record<string, string>> = {
  '22021': 'a text has a character that the database cannot store',
  // The same, in JSON.
  '22P05': 'a text has a character that the database cannot store',
  '25006': 'it is a read-only standby: connect to the primary server',
  '25P03': 'this process was idle within a transaction, which was rolled back: try again',
  '28000': 'the server rejects this user: check the user, and pg_hba.conf of the server',
  '28P01': 'the password is wrong: check user and password of the connection string',
  '3D000': 'it does not exist: create it, or set managedatabaselifecycle',
  '3F000': 'the schema of search_path does not exist: create it',
  '40001': 'other processes kept writing the same rows: try again',
  '40P01': 'other processes kept writing the same rows: try again',
  '42501':
    'this user lacks a privilege: let the user own the database, or grant create and usage on its schema',
  '53100': 'the disk of the server is full: free space on it',
  '53200': 'the server is out of memory: free memory, or lower its memory settings',
  '53300': 'the server has no connection left: raise its max_connections, or lower maxopenconnections',
  '53400': 'a limit set in the server was reached: raise it',
  '54000': 'a text is too long for an index',
  '55P03': `another process has kept it locked for ${seconds} s: wait for that process or end it`,
  '57014':
    'the server canceled the statement at a time limit: try again, or raise statement_timeout if it is set',
  '57P01': 'the server is shutting down: try again when it is back',
  '57P02': 'the server crashed: try again when it is back',
  '57P03': 'the server is starting or shutting down: try again when it is up',
  '58030': 'the disk of the server reports an error: check it',
  XX001: 'its content is damaged: restore a backup, or create a new one',
  XX002: 'an index is damaged: rebuild it with REINDEX DATABASE',
};

/** Remedies by Node's error code, for a server that cannot be reached or verified. */
const networkRemedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused (ECONNREFUSED): check host and port, and that the server runs',
  ENOENT:
    'No such file or directory (ENOENT): check the path of the socket, host and port, and that the server runs',
  ENOTFOUND: 'Name or service not known (ENOTFOUND): check the name of the host',
  EAI_AGAIN: 'Temporary failure in name resolution (EAI_AGAIN): check the network',
  EHOSTUNREACH: 'No route to host (EHOSTUNREACH): check the network',
  ENETUNREACH: 'Network is unreachable (ENETUNREACH): check it',
  ETIMEDOUT: 'Connection timed out (ETIMEDOUT): check host and port, and the network',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate of the server is for another host: check the host, or use sslmode=verify-ca',
  CERT_HAS_EXPIRED: 'the certificate of the server has expired: renew it',
};

/** Remedies by the message of `pg`, for errors without a code. */
const messageRemedies: readonly (readonly [RegExp, string])[] = [
  [
    /does not support SSL/,
    'the server does not support SSL: set sslmode=disable (require is the default), or enable SSL in the server',
  ],
  [
    /^timeout exceeded when trying to connect/,
    'all connections are in use, or the server does not answer: raise maxopenconnections, or check the network',
  ],
  [
    /due to connection timeout|^the server does not answer/,
    'the server does not answer: check host and port, and the network',
  ],
  [
    /^query_wait_timeout|^no more connections allowed|^pgbouncer cannot connect|^server login/,
    'the pooler has no connection to the server left, or cannot reach it: try again, or raise its pool size',
  ],
  [/client password must be a string/, 'the server requires a password: set it in the connection string'],
  [
    /certificate/,
    'the certificate of the server is not trusted: set sslrootcert to the certificate of its authority',
  ],
  [
    /Connection terminated|connection error|ECONNRESET|EPIPE|socket/i,
    'the connection to the server was lost: check the server and the network, and try again',
  ],
];

/** The connection was lost during a commit. Only the database knows the outcome. */
export class CommitInDoubt extends Error {}

/** The server keeps its connections open and does not answer. */
export class ServerUnresponsive extends Error {}

/** Translates an error of the server or the connection for the database at `place`; returns any other error unchanged. */
export function fromPostgresError(error: unknown, place: string): unknown {
  if (error instanceof CommitInDoubt) {
    const why = 'the connection was lost during a commit, whose outcome is unknown: try again';
    return unavailable(place, why, error.cause);
  }
  if (error instanceof ClairError) return error;
  const code = codeOf(error);
  const remedy =
    serverRemedies[code] ?? networkRemedies[code] ?? remedyOfSetting(error) ?? remedyByMessage(error);
  if (remedy === undefined) return error;
  return isTemporary(error) ? unavailable(place, remedy, error) : unusable(place, remedy, error);
}

/** Returns whether a retry may succeed later. */
function isTemporary(error: unknown): boolean {
  if (isTransientlyDown(error) || isSerializationFailure(error) || error instanceof ServerUnresponsive)
    return true;
  if (/^(55P03|57014|57P0[1-5]|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND)$/.test(codeOf(error)))
    return true;
  return /^timeout exceeded when trying to connect|due to connection timeout/.test(messageOf(error));
}

/** Returns what to do about a setting of the connection string that the server refuses. */
function remedyOfSetting(error: unknown): string | undefined {
  const message = messageOf(error);
  const [, unknown] = /^unrecognized configuration parameter "([^"]+)"/.exec(message) ?? [];
  if (unknown !== undefined)
    return `the connection string has ${unknown}, which the server does not know: check its spelling`;
  const [, invalid] = /^invalid value for parameter "([^"]+)"/.exec(message) ?? [];
  return invalid === undefined
    ? undefined
    : `the server refuses the value of ${invalid} in the connection string: correct it`;
}

function remedyByMessage(error: unknown): string | undefined {
  // Other codes of the server mean a wrong statement, that is, a bug. Poolers use the code of a violated protocol.
  if (/^(?!08P01)[0-9A-Z]{5}$/.test(codeOf(error))) return undefined;
  return messageRemedies.find(([pattern]) => pattern.test(messageOf(error)))?.[1];
}

/** Returns whether the connection is unusable. */
export function isConnectionLost(error: unknown): boolean {
  if (/^(57P0[1235]|25P03|0800[0-9]|ECONNRESET|EPIPE|ETIMEDOUT)$/.test(codeOf(error))) return true;
  if (isEndedByPooler(error)) return true;
  return /^Connection terminated|connection error and is not queryable|^Client was closed/.test(
    messageOf(error),
  );
}

/** Returns whether a pooler closed the connection. The server has the same code for rows of COPY that it cannot read, and goes on. */
function isEndedByPooler(error: unknown): boolean {
  return codeOf(error) === '08P01' && (error as { severity?: unknown }).severity === 'FATAL';
}

/** Returns whether a server that was available a moment ago may be back soon. */
export function isTransientlyDown(error: unknown): boolean {
  if (isConnectionLost(error) || error instanceof ServerUnresponsive) return true;
  return /^(ECONNREFUSED|ENOENT|53300)$/.test(codeOf(error));
}

/** Returns whether the server is available and has no connection left. */
export function isOutOfConnections(error: unknown): boolean {
  return codeOf(error) === '53300';
}

/** Returns whether the server will accept connections soon: it is starting, or other clients will release theirs. */
export function isAcceptingSoon(error: unknown): boolean {
  return /^(57P03|53300)$/.test(codeOf(error));
}

/** Returns whether the server rolled a transaction back only because of concurrent transactions. */
export function isSerializationFailure(error: unknown): boolean {
  return /^(40001|40P01)$/.test(codeOf(error));
}

/** Returns whether a lock could not be had in time, also of an error that `fromPostgresError` has translated. */
export function isLockTimeout(error: unknown): boolean {
  return codeOf(error instanceof ClairError ? error.cause : error) === '55P03';
}

/** Returns whether a prepared statement is older than its tables: another process has migrated them. */
export function isStalePlan(error: unknown): boolean {
  return codeOf(error) === '0A000' && /cached plan/.test(messageOf(error));
}

/**
 * Retries work until it succeeds, fails with another error, or `forMs` have passed. The pauses are random, so that competing
 * processes do not collide again.
 */
export async function retryWhile<T>(
  work: () => Promise<T>,
  isRetryable: (error: unknown) => boolean,
  forMs: number,
): Promise<T> {
  return await retry(work, {
    isRetryable,
    delays: (attempt) => Math.min(4 * 2 ** (attempt - 1), 500) * (0.5 + Math.random()),
    deadline: monotonicMs() + forMs,
  });
}

/** Returns the code of the server or of Node; empty if there is no code. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
