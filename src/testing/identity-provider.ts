import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { TestContext } from 'node:test';
import { Provider } from 'oidc-provider';
import { testAuthority } from './certificates.ts';
import { listenLocally } from './http-server.ts';

/** Options of `startIdentityProvider`. */
export interface IdentityProviderOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
  /** The claims of each person besides `sub`, which is the name of the member. */
  readonly people: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Whether ID tokens lack the claims that the userinfo endpoint has. */
  readonly hasSmallTokens?: boolean;
}

/** A provider of OpenID Connect on the loopback interface. */
export interface IdentityProvider {
  readonly issuer: string;
  /** File of the authority of its certificate. */
  readonly caFile: string;
  /** The person that signs in next. Undefined refuses the sign-in. */
  person: string | undefined;
  /** Paths of the requests so far. */
  readonly requests: readonly string[];
}

/** Starts the certified provider `oidc-provider` with TLS until the end of the test. It asks nothing: `person` signs in at once. */
export async function startIdentityProvider(
  context: TestContext,
  options: IdentityProviderOptions,
): Promise<IdentityProvider> {
  const authority = testAuthority(context);
  const { cert, key } = authority.issue('localhost');
  const requests: string[] = [];
  let handle = (_: IncomingMessage, response: ServerResponse): void => void response.end();
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
    requests.push(request.url?.replace(/\?.*/, '') ?? '');
    handle(request, response);
  });
  const issuer = `https://${await listenLocally(context, server)}`;
  const state: IdentityProvider & { person: string | undefined } = {
    issuer,
    caFile: authority.cert,
    requests,
    person: undefined,
  };
  const provider = providerOf(issuer, options);
  const answer = provider.callback();
  handle = (request, response) => {
    if (request.url?.startsWith('/interaction/') !== true) {
      void answer(request, response);
      return;
    }
    const { person } = state;
    const result = person === undefined ? { error: 'access_denied' } : { login: { accountId: person } };
    void provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  };
  return state;
}

function providerOf(
  issuer: string,
  { clientId, clientSecret, redirectUri, people, hasSmallTokens = false }: IdentityProviderOptions,
): Provider {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const scopes = 'openid email groups';
  const provider: Provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'a' }] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups', 'nested'] },
    scopes: scopes.split(' '),
    conformIdTokenClaims: hasSmallTokens,
    pkce: { required: () => true },
    cookies: { keys: ['of-a-test'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...people[sub] }) }),
    async loadExistingGrant({ oidc }) {
      const accountId = oidc.session?.accountId ?? '';
      const grant = new provider.Grant({ clientId, accountId });
      grant.addOIDCScope(scopes);
      await grant.save();
      return grant;
    },
  });
  return provider;
}
