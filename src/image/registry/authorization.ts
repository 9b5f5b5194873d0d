import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import { displayUrl } from '../../kit/http/http-client.ts';
import { basicAuthorization } from '../../kit/http/http-rules.ts';
import type { Credentials } from './credential-file.ts';
import type { RegistryEndpoint } from './endpoint.ts';
import type { CredentialSearch } from './find-credentials.ts';

/** Requests a token. Returns the text of the response. Throws if the endpoint refuses. */
export type FetchToken = (request: {
  readonly url: URL;
  readonly authorization: string | undefined;
  /** Sent as a form by POST; GET if undefined. */
  readonly form: URLSearchParams | undefined;
}) => Promise<string>;

/** Options of `Authorization`. */
export interface AuthorizationOptions {
  readonly endpoint: Pick<RegistryEndpoint, 'registry' | 'repository' | 'isInsecure' | 'scope'>;
  /** Called when credentials are first needed: a public image needs none. */
  readonly findCredentials: () => Promise<CredentialSearch>;
  readonly fetchToken: FetchToken;
  readonly now: () => number;
}

/** Provides the header `Authorization` of requests to one repository. */
export interface AuthorizationHeader {
  /** Returns its value, or undefined if no credentials are sent. */
  header(): Promise<string | undefined>;
  /** Returns the value after a 401 to `refused`, or undefined if no other value is available. */
  headerAfterChallenge(wwwAuthenticate: string, refused: string | undefined): Promise<string | undefined>;
}

/** Returns a value that a client has given, which is sent at once and stays the same. */
export function givenAuthorization(value: string): AuthorizationHeader {
  return { header: async () => value, headerAfterChallenge: async () => undefined };
}

/** A header value, and when it expires. */
interface CachedAuthorization {
  readonly header: string;
  readonly expiresAt: number;
}

/** Milliseconds of validity below which a token is replaced. */
const marginMs = 5_000;
/** Default lifetime of a token in seconds. CNCF Distribution, "Token Authentication Specification". */
const tokenSeconds = 60;

const tokenResponse = z.object({
  token: z.nullish(z.string()),
  access_token: z.nullish(z.string()),
  expires_in: z.nullish(z.number()),
});

/**
 * The `Authorization` header for reading one repository. Sends none until the registry sends a challenge, then Basic or a token as
 * requested. Replaces a token before it expires. CNCF Distribution, "Token Authentication Specification"; RFC 7617.
 */
export class Authorization implements AuthorizationHeader {
  readonly #options: AuthorizationOptions;
  #challenge: Challenge | undefined;
  #cached: Promise<CachedAuthorization | undefined> | undefined;

  constructor(options: AuthorizationOptions) {
    this.#options = options;
  }

  /** Returns the value of the header `Authorization`, or undefined before the first challenge. */
  async header(): Promise<string | undefined> {
    const cached = this.#cached;
    const current = await cached;
    if (current === undefined || this.#options.now() < current.expiresAt) return current?.header;
    return cached === this.#cached ? await this.#renew() : await this.header();
  }

  /**
   * Returns the header value after a 401 to `refused`, or undefined if no other value is available. Concurrent callers get the same value.
   */
  async headerAfterChallenge(
    wwwAuthenticate: string,
    refused: string | undefined,
  ): Promise<string | undefined> {
    const cached = this.#cached;
    const current = (await cached)?.header;
    if (cached !== this.#cached) return await this.headerAfterChallenge(wwwAuthenticate, refused);
    if (current !== refused) return current;
    const challenges = parseChallenges(wwwAuthenticate);
    this.#challenge =
      challenges.find(({ scheme }) => scheme === 'bearer') ??
      challenges.find(({ scheme }) => scheme === 'basic');
    const header = await this.#renew();
    return header === refused ? undefined : header;
  }

  /** Renews the authorization (single flight). After a failure the next caller tries again. */
  async #renew(): Promise<string | undefined> {
    const renewed = this.#authorize(this.#challenge);
    this.#cached = renewed;
    try {
      return (await renewed)?.header;
    } catch (error) {
      if (this.#cached === renewed) this.#cached = undefined;
      throw error;
    }
  }

  async #authorize(challenge: Challenge | undefined): Promise<CachedAuthorization | undefined> {
    if (challenge === undefined) return undefined;
    const { credentials, isUnbound = false } = await this.#options.findCredentials();
    const expiresAt = Number.POSITIVE_INFINITY;
    if (credentials?.kind === 'registry-token') return { header: `Bearer ${credentials.token}`, expiresAt };
    if (challenge.scheme === 'bearer') return await this.#fetchToken(challenge, { credentials, isUnbound });
    return credentials?.kind === 'password' ? { header: basicOf(credentials), expiresAt } : undefined;
  }

  async #fetchToken(
    { parameters }: Challenge,
    { credentials, isUnbound }: Pick<CredentialSearch, 'credentials' | 'isUnbound'>,
  ): Promise<CachedAuthorization> {
    const { endpoint, fetchToken, now } = this.#options;
    const realm = realmOf(endpoint, parameters.get('realm'));
    const query = new URLSearchParams({ scope: endpoint.scope ?? `repository:${endpoint.repository}:pull` });
    const service = parameters.get('service');
    if (service !== undefined) query.set('service', service);
    if (credentials !== undefined) checkConfidential(endpoint, realm);
    if (credentials !== undefined && isUnbound) checkOwnHost(endpoint, realm);
    const text = await fetchToken(
      credentials?.kind === 'identity-token'
        ? refreshRequest(realm, query, credentials.token)
        : tokenRequest(realm, query, credentials),
    );
    const { token, access_token, expires_in } = parseTokenResponse(realm, text);
    const found = token || access_token;
    if (!found || /[^\x21-\x7e]/.test(found))
      throw new ClairError(
        'registry-refused',
        `the token endpoint ${displayUrl(realm.href)} returned no token`,
      );
    const seconds = Math.max(expires_in ?? tokenSeconds, 0);
    return {
      header: `Bearer ${found}`,
      expiresAt: now() + Math.max(seconds * 1000 - marginMs, seconds * 500),
    };
  }
}

function tokenRequest(
  realm: URL,
  query: URLSearchParams,
  credentials: Credentials | undefined,
): Parameters<FetchToken>[0] {
  const url = new URL(realm);
  for (const [name, value] of query) url.searchParams.set(name, value);
  const authorization = credentials?.kind === 'password' ? basicOf(credentials) : undefined;
  return { url, authorization, form: undefined };
}

function refreshRequest(url: URL, query: URLSearchParams, token: string): Parameters<FetchToken>[0] {
  const grant = { grant_type: 'refresh_token', client_id: 'clair', refresh_token: token };
  return {
    url,
    authorization: undefined,
    form: new URLSearchParams([...query, ...Object.entries(grant)]),
  };
}

function realmOf({ registry }: AuthorizationOptions['endpoint'], realm: string | undefined): URL {
  if (realm !== undefined && URL.canParse(realm)) {
    const url = new URL(realm);
    const isPlain = url.username === '' && url.password === '';
    if (isPlain && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  }
  throw new ClairError(
    'registry-refused',
    `${registry} requires a token but does not name a valid token endpoint`,
  );
}

/** Throws `registry-refused` if credentials would be sent unencrypted. Plain HTTP is allowed only to the host of an insecure registry. */
function checkConfidential({ registry, isInsecure }: AuthorizationOptions['endpoint'], realm: URL): void {
  if (realm.protocol === 'https:' || (isInsecure && realm.hostname === hostnameOf(registry))) return;
  throw new ClairError(
    'registry-refused',
    `${registry} names the token endpoint ${displayUrl(realm.href)} without TLS; clair does not send credentials over plain HTTP`,
  );
}

/** Throws `registry-refused` if credentials that name no host would be sent to another host than the registry. */
function checkOwnHost({ registry }: AuthorizationOptions['endpoint'], realm: URL): void {
  const own = registry === 'docker.io' ? 'auth.docker.io' : hostnameOf(registry);
  if (realm.hostname === own) return;
  throw new ClairError(
    'registry-refused',
    `${registry} names the token endpoint ${displayUrl(realm.href)} on another host; to send it the credentials of CLAIR_REGISTRY_…, set CLAIR_REGISTRY_HOST=${registry}`,
  );
}

function hostnameOf(registry: string): string {
  return new URL(`http://${registry}`).hostname;
}

/** Parses a token response. The error omits the parser's message, which may contain the token. */
function parseTokenResponse(realm: URL, text: string): z.infer<typeof tokenResponse> {
  try {
    return z.parse(tokenResponse, JSON.parse(text));
  } catch {
    throw new ClairError(
      'registry-refused',
      `the response of the token endpoint ${displayUrl(realm.href)} is malformed`,
    );
  }
}

function basicOf({ username, password }: Extract<Credentials, { kind: 'password' }>): string {
  return basicAuthorization(username, password);
}

/** A challenge in a 401 response. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** By name in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A name, optionally followed by `=` and a value, quoted or not. RFC 9110 §11.3, §5.6.4. */
const part = /[\s,]*([\w!#$%&'*+.^`|~/-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y;

/**
 * Parses `WWW-Authenticate`. One line may hold several challenges, and quoted values may hold commas. Stops at the first part that is
 * malformed.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  part.lastIndex = 0;
  for (let found = part.exec(header); found !== null; found = part.exec(header)) {
    const [, name = '', quoted, plain] = found;
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), value);
  }
  return challenges;
}
