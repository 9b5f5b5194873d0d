import type { Config } from '../../config/settings.ts';
import { ClairError } from '../../core/errors.ts';
import type { RegistryAccess } from '../../image/registry/endpoint.ts';
import { type FernetKey, parseFernetKey } from '../../kit/fernet.ts';
import { openAccess, sealAccess } from '../../service/fleet/sealed-access.ts';

/** The checked settings of Harbor's scanner API. */
export interface HarborPlan {
  /** Returns whether a registry may be contacted, by its origin: `https://harbor.example`. */
  readonly mayContact: (origin: string) => boolean;
  readonly seal: (access: RegistryAccess, now: Date) => string;
  /** Throws `registry-refused`, also if the registry may not be contacted. */
  readonly open: (sealed: string, now: Date) => RegistryAccess;
}

/** Returns the plan. Undefined if the settings name no registry. Throws `config-invalid`. */
export function harborPlan({ registries, key: keyText }: Config['api']['harbor']): HarborPlan | undefined {
  if (registries.length === 0) return undefined;
  const entries = registries.map(parseRegistry);
  const key = requiredKey(keyText);
  const mayContact = (origin: string): boolean =>
    entries.some((entry) => matchesRegistry(entry, new URL(origin)));
  return {
    mayContact,
    seal: (access, now) => sealAccess(access, key, now),
    open: (sealed, now) => {
      const access = openAccess(sealed, key, now);
      if (mayContact(access.origin)) return access;
      throw new ClairError('registry-refused', `api.harbor.registries does not name ${access.origin}`);
    },
  };
}

function requiredKey(text: string): FernetKey {
  const key = parseFernetKey(text);
  if (key !== undefined) return key;
  throw new ClairError(
    'config-invalid',
    'api.harbor.registries requires api.harbor.key, 32 bytes in base64: run `openssl rand -base64 32` to create one',
  );
}

interface AllowedRegistry {
  readonly protocol: string;
  /** `host[:port]`. The rest of it after `*`. */
  readonly host: string;
  readonly isPattern: boolean;
}

function parseRegistry(entry: string): AllowedRegistry {
  const [, scheme = 'https', star, rest = ''] =
    /^(?:(https?):\/\/)?(\*)?([^/@*]*)\/?$/i.exec(entry.toLowerCase()) ?? [];
  const url = URL.parse(`${scheme}://${star === undefined ? '' : 'any'}${rest}`);
  const isPattern = star !== undefined;
  if (url === null || (isPattern ? rest !== '' && !rest.startsWith('.') : rest === ''))
    throw new ClairError(
      'config-invalid',
      `api.harbor.registries has ${JSON.stringify(entry)}: write harbor.example, harbor.example:8443, http://core:8080, *.example.org or *`,
    );
  return { protocol: url.protocol, host: isPattern ? url.host.slice('any'.length) : url.host, isPattern };
}

function matchesRegistry({ protocol, host, isPattern }: AllowedRegistry, url: URL): boolean {
  if (protocol !== url.protocol) return false;
  return isPattern ? url.host.endsWith(host) : url.host === host;
}
