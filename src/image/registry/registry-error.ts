import * as z from 'zod/mini';
import { ClairError, type ErrorCode } from '../../core/errors.ts';
import { connectionErrorMessage } from '../../kit/http/http-rules.ts';
import { toSingleLine } from '../../kit/untrusted-text.ts';

/** The name of a request in messages: `the blob endpoint of registry.example/app`. */
export type EndpointLabel = string;

/** A response with an error status. */
export interface ErrorResponse {
  readonly endpointLabel: EndpointLabel;
  readonly status: number;
  /** The start of the body. */
  readonly text: string;
  /** Locations searched for credentials without success. Undefined if there were some, or if none were needed. */
  readonly searchedLocations?: readonly string[] | undefined;
  readonly retryAfterMs?: number | undefined;
  /** Whether another server responded, after a redirect. */
  readonly isElsewhere?: boolean;
}

/** Returns the error for a response: the endpoint, the status, the registry's message, and advice. */
export function toRegistryError(response: ErrorResponse): ClairError {
  const { endpointLabel, status, text } = response;
  const reason = errorMessageIn(text);
  const advice = adviceOn(response);
  const message = `${status} from ${endpointLabel}${reason === '' ? '' : `: ${reason}`}${advice === '' ? '' : `; ${advice}`}`;
  return new ClairError(codeOf(status), message, { retryAfterMs: response.retryAfterMs });
}

function codeOf(status: number): ErrorCode {
  if (status === 404 || status === 410) return 'target-not-found';
  return status === 429 || status >= 500 ? 'registry-unavailable' : 'registry-refused';
}

function adviceOn({ status, searchedLocations, retryAfterMs, isElsewhere = false }: ErrorResponse): string {
  if (status === 429 && retryAfterMs !== undefined)
    return `retry after ${Math.ceil(retryAfterMs / 1000)} s, as the server requests`;
  if ((status !== 401 && status !== 403) || isElsewhere) return '';
  if (searchedLocations === undefined) return 'the credentials do not grant access';
  return `no credentials were found for it (${searchedLocations.join('; ')}); log in with docker login or podman login, or set CLAIR_REGISTRY_USERNAME and CLAIR_REGISTRY_PASSWORD`;
}

const errorDocument = z.object({
  errors: z.optional(z.array(z.object({ code: z.nullish(z.string()), message: z.nullish(z.string()) }))),
  // Field of token endpoints. RFC 6749 §5.2.
  error_description: z.nullish(z.string()),
  details: z.nullish(z.string()),
});

/** Maximum length of a registry's message in our messages. */
const messageCharactersMax = 300;

/** Extracts the messages of an error body. OCI distribution-spec, "Error Codes". */
function errorMessageIn(text: string): string {
  try {
    const { errors = [], error_description, details } = z.parse(errorDocument, JSON.parse(text));
    const messages = errors.map(({ code, message }) => message || code || '');
    return toSingleLine(
      [...messages, error_description ?? '', details ?? ''].filter(Boolean).join(', '),
      messageCharactersMax,
    );
  } catch {
    return '';
  }
}

const untrustedCodes: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Whether a retry of a failed connection would fail in the same way. */
export function isPermanent(error: unknown): boolean {
  const code = codeOfError(error);
  return code === 'ENOTFOUND' || code === 'ECONNREFUSED' || code === 'EPROTO' || untrustedCodes.has(code);
}

/** Returns the error for a failed connection. */
export function toConnectionError(endpointLabel: EndpointLabel, host: string, error: unknown): ClairError {
  const limit = error instanceof ClairError ? error.limit : undefined;
  const code = limit === undefined ? 'registry-unavailable' : 'limit-exceeded';
  return new ClairError(code, `no response from ${endpointLabel}: ${connectionErrorReason(host, error)}`, {
    cause: error,
    limit,
  });
}

function connectionErrorReason(host: string, error: unknown): string {
  const code = codeOfError(error);
  const reason = connectionErrorMessage(error);
  if (code === 'ENOTFOUND') return `${host}: Name or service not known (ENOTFOUND)`;
  if (code === 'EAI_AGAIN') return `${host}: Temporary failure in name resolution (EAI_AGAIN)`;
  if (code === 'ECONNREFUSED') return `${host}: Connection refused (ECONNREFUSED)`;
  if (untrustedCodes.has(code))
    return `the certificate of ${host} is not trusted (${reason}); add the certificate of its authority to /etc/docker/certs.d/${host}/ca.crt or to the file in SSL_CERT_FILE, or list ${host} in CLAIR_REGISTRY_INSECURE`;
  if (code === 'EPROTO')
    return `${host} does not use TLS (${reason.split('\n', 1)[0] ?? ''}); if it uses plain HTTP, list ${host} in CLAIR_REGISTRY_INSECURE`;
  return reason;
}

/** Returns the code of an error; of the first one if several addresses failed. */
function codeOfError(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOfError(error.errors[0]);
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
