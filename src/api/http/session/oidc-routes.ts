import { ClairError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { listSome } from '../../../kit/collections.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { OidcGrants } from './oidc-grants.ts';
import {
  type OidcProvider,
  type PendingSignIn,
  type ProvidedIdentity,
  SignInError,
} from './oidc-provider.ts';
import type { SealedCookie } from './sealed-cookie.ts';
import type { BrowserSession } from './session-access.ts';
import { continuePage, failurePage } from './sign-in-page.ts';

/** Sign-in by a provider of OpenID Connect. */
export interface OidcDeps {
  readonly provider: OidcProvider;
  readonly grants: OidcGrants;
  /** The claim that decides, for messages. */
  readonly claim: string;
  /** The cookie of a sign-in that waits. Browsers send it with requests that another site leads to. */
  readonly pending: SealedCookie<PendingSignIn>;
}

/** Dependencies of the routes of OpenID Connect. */
interface OidcRouteDeps {
  readonly oidc: OidcDeps | undefined;
  readonly cookie: SealedCookie<BrowserSession> | undefined;
}

/** `GET /session/sign-in`: leads the browser to the provider. `to` is the path of the page to return to. */
export async function getSignInRoute({ query }: ApiRequest, { oidc }: OidcRouteDeps): Promise<ApiResponse> {
  const { provider, pending } = required(oidc);
  const to = returnPath(query.get('to'));
  try {
    const begun = await provider.begin(to);
    const headers = { Location: begun.url.href, 'Set-Cookie': pending.write(begun.pending) };
    return { status: 303, headers: { ...headers, 'Cache-Control': 'no-store' } };
  } catch (error) {
    return failureOf(error, []);
  }
}

/** `GET /session/callback`: the browser comes back from the provider. */
export async function getCallbackRoute(
  request: ApiRequest,
  { oidc, cookie }: OidcRouteDeps,
): Promise<ApiResponse> {
  const { provider, pending, ...rest } = required(oidc);
  const begun = pending.read(request.headers.cookie);
  const cleared = [pending.clear()];
  if (begun === undefined)
    return failurePage(403, 'This sign-in was not begun in this browser, or took too long: sign in again.');
  try {
    const identity = await provider.finish(request.query, begun);
    request.addLogDetails({ signedIn: identity.person });
    const session = sessionOf(identity, rest);
    return continuePage(begun.to, [...cleared, cookie?.write(session) ?? '']);
  } catch (error) {
    return failureOf(error, cleared);
  }
}

/** Returns what the cookie keeps of a person. Throws `SignInError` if no entry of the configuration admits the person. */
function sessionOf(
  identity: ProvidedIdentity,
  { grants, claim }: Pick<OidcDeps, 'grants' | 'claim'>,
): BrowserSession {
  const { person, values } = identity;
  if (grants.grantOf(identity) !== undefined) return { person, values: grants.namedValues(values) };
  const quoted = values.map((value) => JSON.stringify(value.slice(0, 100)));
  const stated =
    quoted.length === 0
      ? `has no claim ${claim}`
      : `has ${claim}: ${listSome(quoted, limits.shownClaimValues)}`;
  throw new SignInError(
    403,
    `No entry of api.oidc.grants admits ${person}, who ${stated}. Ask who operates this server for access.`,
  );
}

function failureOf(error: unknown, cookies: readonly string[]): ApiResponse {
  if (error instanceof SignInError) {
    const { status, message, cause } = error;
    return failurePage(status, message, { cookies, ...(status === 502 && { cause }) });
  }
  if (error instanceof ClairError && error.code === 'limit-exceeded')
    return failurePage(403, error.message, { cookies });
  throw error;
}

function required(oidc: OidcDeps | undefined): OidcDeps {
  if (oidc !== undefined) return oidc;
  throw new WireError(404, 'this server has no provider to sign in with: set api.oidc');
}

/** Returns the path if it leads to this server; the first page otherwise. */
function returnPath(path: string | null): string {
  const isOwn = path !== null && /^\/(?!\/)[\x21-\x7e]*$/.test(path) && !/["'<>\\]/.test(path);
  return isOwn && path.length <= limits.returnPathCharacters ? path : '/';
}
