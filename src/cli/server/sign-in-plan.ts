import { type Access, type Grant, parseTokens, tokenAccess } from '../../api/http/access.ts';
import { fleetPrefix } from '../../api/http/fleet/routes.ts';
import { OidcGrants } from '../../api/http/session/oidc-grants.ts';
import { OidcProvider, pendingSchema } from '../../api/http/session/oidc-provider.ts';
import type { OidcDeps } from '../../api/http/session/oidc-routes.ts';
import { SealedCookie } from '../../api/http/session/sealed-cookie.ts';
import {
  accessWithSessions,
  type BrowserSession,
  sessionSchema,
} from '../../api/http/session/session-access.ts';
import type { SessionDeps } from '../../api/http/session/session-routes.ts';
import { accessWithPsk } from '../../api/http/v4/psk-access.ts';
import type { Config } from '../../config/settings.ts';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { type FernetKey, parseFernetKey, randomFernetKey } from '../../kit/fernet.ts';
import { readSettingFile } from '../../notify/http-post.ts';
import { programVersion } from '../program-version.ts';

/** Access to the API, and the sessions of browsers. */
export interface SignInPlan {
  readonly access: Access;
  readonly sessions: SessionDeps;
  /** Whether a token or a person is limited to repositories. */
  readonly limitsRepositories: boolean;
}

type ApiSettings = Pick<Config['api'], 'tokens' | 'v4' | 'session' | 'oidc' | 'publicurl' | 'certfile'>;

/** Returns access and sessions of the settings. Throws `config-invalid`. `env` may name proxies for requests to a provider. */
export function signInPlan(
  api: ApiSettings,
  {
    now = Date.now,
    env = process.env,
  }: { readonly now?: () => number; readonly env?: NodeJS.ProcessEnv } = {},
): SignInPlan {
  const tokens = parseTokens(api.tokens);
  const key = sessionKey(api.session.key);
  const psk = { key: api.v4.pskkey, issuers: api.v4.pskissuers };
  const byHeader = accessWithPsk(psk, tokenAccess(tokens, now), now);
  const shared = { key, isSecure: isSecure(api), now };
  const cookie = new SealedCookie({
    ...shared,
    name: 'clair-session',
    schema: sessionSchema,
    lifetimeMs: lifetimeOf(api),
    sameSite: 'Strict',
  });
  const oidc = oidcOf(api, { ...shared, env });
  const grantOf = (session: BrowserSession): Grant | undefined =>
    'token' in session ? tokens.findBySum(session.token) : oidc?.grants.grantOf(session);
  const isOpen = byHeader.isOpen && oidc === undefined;
  const access = isOpen ? byHeader : accessWithSessions({ cookie, grantOf, now }, byHeader);
  return {
    access,
    limitsRepositories: tokens.isLimited || oidc?.grants.isLimited === true,
    sessions: {
      access,
      tokens,
      oidc,
      now,
      cookie: isOpen ? undefined : cookie,
      version: programVersion,
    },
  };
}

interface OidcContext {
  readonly key: FernetKey;
  readonly isSecure: boolean;
  readonly now: () => number;
  readonly env: NodeJS.ProcessEnv;
}

/** Returns sign-in by a provider. Undefined if the settings name none. */
function oidcOf({ oidc, publicurl }: ApiSettings, { env, ...cookie }: OidcContext): OidcDeps | undefined {
  if (oidc.issuer === '') return undefined;
  const base = publicUrl(publicurl);
  if (base === undefined || oidc.clientid === '')
    throw new ClairError('config-invalid', 'api.oidc.issuer needs api.publicurl and api.oidc.clientid');
  if (!oidc.scopes.includes('openid'))
    throw new ClairError('config-invalid', 'api.oidc.scopes must include openid');
  const ca = oidc.cafile === '' ? undefined : [readSettingFile('api.oidc.cafile', oidc.cafile)];
  return {
    provider: new OidcProvider({
      issuer: issuerUrl(oidc.issuer),
      clientId: oidc.clientid,
      scopes: oidc.scopes,
      now: cookie.now,
      clientSecret: oidc.clientsecret || undefined,
      claim: oidc.claim,
      nameClaim: oidc.nameclaim,
      redirectUri: new URL(`${fleetPrefix}/session/callback`, base),
      connection: { proxyEnv: env, ...(ca !== undefined && { ca }) },
    }),
    grants: OidcGrants.parse(oidc.grants),
    claim: oidc.claim,
    pending: new SealedCookie({
      ...cookie,
      name: 'clair-sign-in',
      schema: pendingSchema,
      lifetimeMs: limits.signInMs,
      sameSite: 'Lax',
    }),
  };
}

function issuerUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' && url.username === '' && url.search === '' && url.hash === '') return url;
  throw new ClairError(
    'config-invalid',
    'api.oidc.issuer must be an https URL without a query and a password',
  );
}

/** Without a key in the settings, sessions end with the process. */
function sessionKey(text: string): FernetKey {
  if (text === '') return randomFernetKey();
  const key = parseFernetKey(text);
  if (key !== undefined) return key;
  throw new ClairError(
    'config-invalid',
    'api.session.key must be 32 bytes in base64: run `openssl rand -base64 32` to create one',
  );
}

function lifetimeOf({ session: { lifetime } }: ApiSettings): number {
  if (lifetime >= 1000) return lifetime;
  throw new ClairError('config-invalid', 'api.session.lifetime must be at least 1s');
}

/** Whether browsers reach the server over TLS only. */
function isSecure({ publicurl, certfile }: ApiSettings): boolean {
  return certfile !== '' || publicUrl(publicurl)?.protocol === 'https:';
}

/** Returns the URL under which browsers reach the server. Undefined without one. Throws `config-invalid`. */
function publicUrl(text: string): URL | undefined {
  if (text === '') return undefined;
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url;
  throw new ClairError(
    'config-invalid',
    'api.publicurl must be like https://clair.example, without a path, a query and a password',
  );
}
