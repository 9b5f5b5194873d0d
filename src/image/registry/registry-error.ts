import * as z from 'zod/mini';
import { ClairError, type ErrorCode } from '../../core/errors.ts';
import { connectionErrorMessage } from '../../kit/http/http-rules.ts';
import { toSingleLine } from '../../kit/untrusted-text.ts';

/** What was asked of a registry: `the blob endpoint of registry.example/app`. */
export type EndpointLabel = string;

/** An answer that is not what was asked for. */
export interface ErrorResponse {
  readonly endpointLabel: EndpointLabel;
  readonly status: number;
  /** The body, as much of it as was read. */
  readonly text: string;
  /** Where credentials were looked for in vain; undefined where there were some, or none were asked for. */
  readonly searchedLocations?: readonly string[] | undefined;
  readonly retryAfterMs?: number | undefined;
  /** Another server said so, to which the registry leads. */
  readonly isElsewhere?: boolean;
}

/** What to say of a refusal: the step, the status, the words of the registry, and what can be done. */
export function toRegistryError(response: ErrorResponse): ClairError {
  const { endpointLabel, status, text } = response;
  const reason = errorMessageIn(text);
  const advice = adviceOn(response);
  const message = `${status} from ${endpointLabel}${reason === '' ? '' : `: ${reason}`}${advice === '' ? '' : `; ${advice}`}`;
  return new ClairError(codeOf(status), message);
}

function codeOf(status: number): ErrorCode {
  if (status === 404 || status === 410) return 'target-not-found';
  return status === 429 || status >= 500 ? 'registry-unavailable' : 'registry-refused';
}

function adviceOn({ status, searchedLocations, retryAfterMs, isElsewhere = false }: ErrorResponse): string {
  if (status === 429 && retryAfterMs !== undefined)
    return `it asks to be left alone for ${Math.ceil(retryAfterMs / 1000)} s`;
  if ((status !== 401 && status !== 403) || isElsewhere) return '';
  if (searchedLocations === undefined) return 'the credentials at hand do not suffice';
  return `no credentials were found for it (${searchedLocations.join('; ')}); log in with docker login or podman login, or set CLAIR_REGISTRY_USERNAME and CLAIR_REGISTRY_PASSWORD`;
}

const errorDocument = z.object({
  errors: z.optional(z.array(z.object({ code: z.nullish(z.string()), message: z.nullish(z.string()) }))),
  // Of token endpoints. RFC 6749 §5.2.
  error_description: z.nullish(z.string()),
  details: z.nullish(z.string()),
});

/** The words of a registry are shown up to so many characters. */
const messageCharactersMax = 300;

/** OCI distribution-spec, "Error Codes". */
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

/** Whether a connection that failed so would fail so again. */
export function isPermanent(error: unknown): boolean {
  const code = codeOfError(error);
  return code === 'ENOTFOUND' || code === 'ECONNREFUSED' || code === 'EPROTO' || untrustedCodes.has(code);
}

/** What to say of a connection that failed. */
export function toConnectionError(endpointLabel: EndpointLabel, host: string, error: unknown): ClairError {
  const limit = error instanceof ClairError ? error.limit : undefined;
  const code = limit === undefined ? 'registry-unavailable' : 'limit-exceeded';
  return new ClairError(code, `no answer from ${endpointLabel}: ${connectionErrorReason(host, error)}`, {
    cause: error,
    limit,
  });
}

function connectionErrorReason(host: string, error: unknown): string {
  const code = codeOfError(error);
  const reason = connectionErrorMessage(error);
  if (code === 'ENOTFOUND') return `there is no host ${host}`;
  if (code === 'EAI_AGAIN') return `the name ${host} cannot be looked up just now`;
  if (code === 'ECONNREFUSED') return `nothing listens at ${host}`;
  if (untrustedCodes.has(code))
    return `the certificate of ${host} is not trusted (${reason}); put the certificate of its authority into /etc/docker/certs.d/${host}/ca.crt or a file that SSL_CERT_FILE names, or name ${host} in CLAIR_REGISTRY_INSECURE`;
  if (code === 'EPROTO')
    return `${host} does not speak TLS (${reason.split('\n', 1)[0] ?? ''}); where plain HTTP is meant, name ${host} in CLAIR_REGISTRY_INSECURE`;
  return reason;
}

/** Of several addresses that were tried the first is as good as any. */
function codeOfError(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOfError(error.errors[0]);
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
