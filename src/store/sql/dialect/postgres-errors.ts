import { ClairError, messageOf } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { unavailable, unusable } from './unusable.ts';

const seconds = limits.storeBusyMs / 1000;

/** Codes of PostgreSQL (appendix A of its manual) for which somebody outside this program has to do something. */
const serverRemedies: Readonly<Record<string, string>> = {
  '22021': 'a text to be stored holds a character it cannot hold',
  '25006': 'it is a stand-by, which cannot be written: name the primary server',
  '25P03': 'this process stood still in the midst of a change, which was undone: try again',
  '28000': 'the server does not let this user in: check the user, and pg_hba.conf of the server',
  '28P01': 'the password is wrong: check user and password of the connection string',
  '3D000': 'it is not there: create it, or have it created with managedatabaselifecycle',
  '3F000': 'the schema that search_path names is not there: create it',
  '40001': 'others wrote the same all the time: try again',
  '40P01': 'others wrote the same all the time: try again',
  '42501':
    'this user may not do what is needed: let the user own the database, or grant create and usage on its schema',
  '53100': 'the disk of the server is full: make room',
  '53200': 'the server has not enough memory',
  '53300': 'the server has no connection left: raise its max_connections, or lower maxopenconnections',
  '53400': 'a limit set in the server was reached: raise it',
  '54000': 'a text to be stored is too long for an index',
  '55P03': `another process has kept it locked for ${seconds} s: wait for that process or end it`,
  '57014': 'the server broke the statement off: raise statement_timeout if it is set',
  '57P01': 'the server is shutting down: try again when it is back',
  '57P02': 'the server crashed: try again when it is back',
  '57P03': 'the server is starting or shutting down: try again when it is up',
  '58030': 'the disk of the server reports an error: check it',
  XX001: 'its content is damaged: restore a backup, or make a new one',
  XX002: 'an index is damaged: rebuild it with REINDEX DATABASE',
};

/** Codes of Node for a server that cannot be reached, or is not who it says it is. */
const networkRemedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'no server answers there: check host and port, and that the server runs',
  ENOENT: 'there is no such socket: check host and port, and that the server runs',
  ENOTFOUND: 'the name of the host is not known: check it',
  EAI_AGAIN: 'the name of the host cannot be looked up now: check the network',
  EHOSTUNREACH: 'the host cannot be reached: check the network',
  ENETUNREACH: 'the network cannot be reached: check it',
  ETIMEDOUT: 'the server does not answer: check host and port, and the network',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate of the server is for another host: check the host, or use sslmode=verify-ca',
  CERT_HAS_EXPIRED: 'the certificate of the server has expired: renew it',
};

/** What `pg` says in words alone. */
const messageRemedies: readonly (readonly [RegExp, string])[] = [
  [
    /does not support SSL/,
    'the server does not speak SSL: say sslmode=disable (require is the default), or switch SSL on in the server',
  ],
  [
    /^timeout exceeded when trying to connect/,
    'all connections are in use, or the server does not answer: raise maxopenconnections, or check the network',
  ],
  [/due to connection timeout|^the server is silent/, networkRemedies['ETIMEDOUT'] ?? ''],
  [/client password must be a string/, 'the server asks for a password: say it in the connection string'],
  [/certificate/, 'the certificate of the server is not trusted: name its authority with sslrootcert'],
  [
    /Connection terminated|connection error|ECONNRESET|EPIPE|socket/i,
    'the connection to the server was lost: check the server and the network, and try again',
  ],
];

/** The connection was lost while a transaction was being made good: whether it was, only the database knows. */
export class CommitInDoubt extends Error {}

/** The server keeps its connections open and answers nothing. */
export class ServerUnresponsive extends Error {}

/** An error of the server or on the way to it as what it means for the database at `place`; any other error as it is. */
export function fromPostgresError(error: unknown, place: string): unknown {
  if (error instanceof CommitInDoubt) {
    const why =
      'the connection was lost at the end of a change, and whether it was made is not known: try again';
    return unavailable(place, why, error.cause);
  }
  if (error instanceof ClairError) return error;
  const code = codeOf(error);
  const remedy = serverRemedies[code] ?? networkRemedies[code] ?? remedyByMessage(error);
  if (remedy === undefined) return error;
  return isTemporary(error) ? unavailable(place, remedy, error) : unusable(place, remedy, error);
}

/** Whether the same may succeed later. */
function isTemporary(error: unknown): boolean {
  if (isTransientlyDown(error) || isSerializationFailure(error) || error instanceof ServerUnresponsive)
    return true;
  if (/^(55P03|57P0[1-5]|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)$/.test(codeOf(error))) return true;
  return /^timeout exceeded when trying to connect|due to connection timeout/.test(messageOf(error));
}

function remedyByMessage(error: unknown): string | undefined {
  // What has another code of the server is a matter of the statement, that is, of ours.
  if (/^[0-9A-Z]{5}$/.test(codeOf(error))) return undefined;
  return messageRemedies.find(([pattern]) => pattern.test(messageOf(error)))?.[1];
}

/** Whether the connection is of no more use. */
export function isConnectionLost(error: unknown): boolean {
  if (/^(57P0[1235]|25P03|0800[0-9]|ECONNRESET|EPIPE|ETIMEDOUT)$/.test(codeOf(error))) return true;
  return /^Connection terminated|connection error and is not queryable|^Client was closed/.test(
    messageOf(error),
  );
}

/** Whether a server that was there a moment ago may be back soon. */
export function isTransientlyDown(error: unknown): boolean {
  if (isConnectionLost(error) || error instanceof ServerUnresponsive) return true;
  return /^(ECONNREFUSED|ENOENT|53300)$/.test(codeOf(error));
}

/** Whether the server is there and has no connection left. */
export function isOutOfConnections(error: unknown): boolean {
  return codeOf(error) === '53300';
}

/** Whether the server takes connections soon: it starts, or others give back theirs. */
export function isAcceptingSoon(error: unknown): boolean {
  return /^(57P03|53300)$/.test(codeOf(error));
}

/** Whether the server undid a transaction only because of what others did at the same time. */
export function isSerializationFailure(error: unknown): boolean {
  return /^(40001|40P01)$/.test(codeOf(error));
}

/** Whether a prepared statement has outlived its tables: another process has brought them up to date. */
export function isStalePlan(error: unknown): boolean {
  return codeOf(error) === '0A000' && /cached plan/.test(messageOf(error));
}

/**
 * Does what may fail for a while, again and again until it is done, fails in another way, or `forMs` are over. The pauses are
 * drawn by lot, so that those who were in each other's way do not meet again.
 */
export async function retryWhile<T>(
  work: () => Promise<T>,
  isRetryable: (error: unknown) => boolean,
  forMs: number,
): Promise<T> {
  const deadline = performance.now() + forMs;
  for (let pauseMs = 4; ; pauseMs = Math.min(2 * pauseMs, 500)) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error) || performance.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())));
  }
}

/** The code of the server or of Node, empty where there is none. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
