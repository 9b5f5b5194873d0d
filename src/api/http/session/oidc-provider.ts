import type { Configuration, IDToken, UserInfoResponse } from 'openid-client';
import * as z from 'zod/mini';
import { messageOf } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { ConnectionOptions } from '../../../kit/http/http-transport.ts';
import { providerFetch } from './provider-fetch.ts';

/** Settings of a provider of OpenID Connect. */
export interface ProviderOptions {
  readonly issuer: URL;
  readonly clientId: string;
  /** Undefined for a client without a secret, which PKCE alone protects. */
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
  /** The claim whose values decide what a person may do: a name, or a path with dots. */
  readonly claim: string;
  /** The claim that names a person in the log; `sub` if it is missing. */
  readonly nameClaim: string;
  /** Where the provider sends browsers back to. */
  readonly redirectUri: URL;
  readonly connection: ConnectionOptions;
  /** In milliseconds since 1970. */
  readonly now: () => number;
}

/** The form of what must match when a browser comes back from the provider. */
export const pendingSchema = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  /** Path of the page to return to. */
  to: z.string(),
});

/** A sign-in that waits for the provider. */
export type PendingSignIn = z.output<typeof pendingSchema>;

/** The person that a provider has identified. */
export interface ProvidedIdentity {
  readonly person: string;
  /** Values of the claim that decides. */
  readonly values: readonly string[];
}

/** A sign-in that failed. The message is for the person, and `cause` for the log. */
export class SignInError extends Error {
  override readonly name = 'SignInError';
  readonly status: 403 | 502;

  constructor(status: 403 | 502, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause: withoutSecrets(cause) });
    this.status = status;
  }
}

/** Signs people in by the code flow of OpenID Connect, with PKCE, state and nonce. It reads the description of the provider when it is needed. */
export class OidcProvider {
  readonly #options: ProviderOptions;
  #known: { readonly configuration: Promise<Configuration>; readonly until: number } | undefined;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  /** Returns where to send a browser, and what must match when it comes back. Throws `SignInError`. */
  async begin(to: string): Promise<{ readonly url: URL; readonly pending: PendingSignIn }> {
    const configuration = await this.#configuration();
    const library = await import('openid-client');
    const pending = {
      state: library.randomState(),
      nonce: library.randomNonce(),
      verifier: library.randomPKCECodeVerifier(),
      to,
    };
    const url = library.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#options.redirectUri.href,
      scope: this.#options.scopes.join(' '),
      code_challenge: await library.calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: 'S256',
      state: pending.state,
      nonce: pending.nonce,
    });
    return { url, pending };
  }

  /** Returns the person. `query` is that of the request with which the browser came back. Throws `SignInError`. */
  async finish(query: URLSearchParams, pending: PendingSignIn): Promise<ProvidedIdentity> {
    const configuration = await this.#configuration();
    const library = await import('openid-client');
    const current = new URL(this.#options.redirectUri);
    current.search = query.toString();
    try {
      const tokens = await library.authorizationCodeGrant(configuration, current, {
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new Error('the provider sent no ID token');
      return await this.#identityOf(claims, async () =>
        configuration.serverMetadata().userinfo_endpoint === undefined
          ? undefined
          : await library.fetchUserInfo(configuration, tokens.access_token, claims.sub),
      );
    } catch (error) {
      if (error instanceof library.AuthorizationResponseError)
        throw new SignInError(403, `the provider refused: ${error.error}`, error);
      throw new SignInError(502, 'the answer of the provider cannot be used', error);
    }
  }

  /** Reads claims that the ID token lacks from the provider. */
  async #identityOf(
    claims: IDToken,
    fetchMore: () => Promise<UserInfoResponse | undefined>,
  ): Promise<ProvidedIdentity> {
    const { claim, nameClaim } = this.#options;
    const hasAll = [claim, nameClaim].every((name) => usableClaim(claims, name) !== undefined);
    const all = hasAll ? claims : { ...(await fetchMore()), ...claims };
    return { person: personOf(all, claims.sub, nameClaim), values: valuesOf(usableClaim(all, claim)) };
  }

  async #configuration(): Promise<Configuration> {
    const now = this.#options.now();
    if (this.#known === undefined || now >= this.#known.until)
      this.#known = { configuration: this.#discover(), until: now + limits.providerDescriptionMs };
    const known = this.#known;
    try {
      return await known.configuration;
    } catch (error) {
      if (this.#known === known) this.#known = undefined;
      throw new SignInError(502, 'the provider cannot be reached', error);
    }
  }

  async #discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret, connection } = this.#options;
    const library = await import('openid-client');
    const fetching = { [library.customFetch]: providerFetch(connection) };
    const timeout = limits.providerMs / 1000;
    const described = await library.discovery(issuer, clientId, undefined, library.None(), {
      ...fetching,
      timeout,
    });
    const server = described.serverMetadata();
    const isBasic = (server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']).includes(
      'client_secret_basic',
    );
    const authentication =
      clientSecret === undefined
        ? library.None()
        : isBasic
          ? library.ClientSecretBasic(clientSecret)
          : library.ClientSecretPost(clientSecret);
    const configuration = new library.Configuration(server, clientId, undefined, authentication);
    Object.assign(configuration, fetching, { timeout });
    // The code flow allows to trust an ID token because of TLS alone. Its signature costs one request for the keys.
    library.enableNonRepudiationChecks(configuration);
    return configuration;
  }
}

/** Returns the messages of an error and of its cause. The members of errors of the library may have codes and tokens. */
function withoutSecrets(error: unknown): Error {
  const causes = [error, error instanceof Error ? error.cause : undefined];
  const messages = causes.filter((cause) => cause instanceof Error).map(messageOf);
  return new Error(`sign-in failed: ${messages.join(': ')}`);
}

type Claims = Readonly<Record<string, unknown>>;

/** Returns a claim by its name, or by a path with dots: `realm_access.roles`. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Claims)[part];
  }
  return value;
}

function valuesOf(claim: unknown): string[] {
  const values: unknown[] = Array.isArray(claim) ? claim : [claim];
  return values.filter((value) => typeof value === 'string');
}

/** Characters of the name of a person in the log. */
const personCharacters = 64;

/** Returns a claim. An address that the provider has not verified may be that of another person, so it does not count. */
function usableClaim(claims: Claims, path: string): unknown {
  return path === 'email' && claims['email_verified'] !== true ? undefined : claimAt(claims, path);
}

function personOf(claims: Claims, sub: string, nameClaim: string): string {
  const named = usableClaim(claims, nameClaim);
  const name = typeof named === 'string' && named !== '' ? named : sub;
  return `oidc:${name.slice(0, personCharacters).replace(/[^\p{L}\p{N}._@+-]/gu, '_')}`;
}
