import { type Access, parseTokens, tokenAccess } from '../../api/http/access.ts';
import { SealedCookie } from '../../api/http/session/sealed-cookie.ts';
import { accessWithSessions, sessionSchema } from '../../api/http/session/session-access.ts';
import type { SessionDeps } from '../../api/http/session/session-routes.ts';
import { accessWithPsk } from '../../api/http/v4/psk-access.ts';
import type { Config } from '../../config/settings.ts';
import { ClairError } from '../../core/errors.ts';
import { type FernetKey, parseFernetKey, randomFernetKey } from '../../kit/fernet.ts';
import { programVersion } from '../program-version.ts';

/** Access to the API, and the sessions of browsers. */
export interface SignInPlan {
  readonly access: Access;
  readonly sessions: SessionDeps;
}

type ApiSettings = Pick<Config['api'], 'tokens' | 'v4' | 'session' | 'publicurl' | 'certfile'>;

/** Returns access and sessions of the settings. Throws `config-invalid`. */
export function signInPlan(api: ApiSettings, now: () => number = Date.now): SignInPlan {
  const tokens = parseTokens(api.tokens);
  const psk = { key: api.v4.pskkey, issuers: api.v4.pskissuers };
  const byHeader = accessWithPsk(psk, tokenAccess(tokens, now), now);
  const cookie = new SealedCookie({
    ...{ name: 'clair-session', key: sessionKey(api.session.key), schema: sessionSchema, now },
    ...{ lifetimeMs: lifetimeOf(api), sameSite: 'Strict', isSecure: isSecure(api) },
  });
  const grantOf: (session: { readonly token: string }) => ReturnType<typeof tokens.findBySum> = ({ token }) =>
    tokens.findBySum(token);
  const access = byHeader.isOpen ? byHeader : accessWithSessions({ cookie, grantOf, now }, byHeader);
  return {
    access,
    sessions: {
      ...{ access, tokens, now },
      cookie: access.isOpen ? undefined : cookie,
      version: programVersion,
    },
  };
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
