import { ClairError, messageOf } from '../../core/errors.ts';
import { displayUrl } from './http-client.ts';
import { HttpError } from './http-rules.ts';

/** Returns an error that states what failed and why. The command or the server adds the remedy. */
export function toDownloadError(url: string, error: unknown): unknown {
  if (error instanceof ClairError && error.limit === 'idleBytes')
    return new ClairError('feed-unavailable', `cannot fetch ${displayUrl(url)}: ${error.message}`, {
      cause: error,
    });
  if (!(error instanceof HttpError)) return error;
  const message =
    error.unreachable === undefined
      ? `cannot fetch ${displayUrl(url)}: ${messageOf(error)}`
      : `cannot reach ${error.unreachable}: ${connectionMessage(error)}`;
  return new ClairError('feed-unavailable', message, { cause: error });
}

const connectionMessages: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'Name or service not known (ENOTFOUND)'],
  ['EAI_AGAIN', 'Temporary failure in name resolution (EAI_AGAIN)'],
  ['ECONNREFUSED', 'Connection refused (ECONNREFUSED)'],
  ['EHOSTUNREACH', 'No route to host (EHOSTUNREACH)'],
  ['ENETUNREACH', 'Network is unreachable (ENETUNREACH)'],
  ['ETIMEDOUT', 'Connection timed out (ETIMEDOUT)'],
]);

function connectionMessage(error: HttpError): string {
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return connectionMessages.get(code) ?? messageOf(error);
}
