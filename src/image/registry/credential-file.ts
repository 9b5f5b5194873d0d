import { readFileSync, statSync } from 'node:fs';
import * as z from 'zod/mini';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { trimCharactersEnd } from '../../kit/collections.ts';

/** A credential file of Docker or Podman. */
export interface CredentialFile {
  readonly path: string;
  /** Returns the credential helper for a registry. */
  helperOf(registry: string): string | undefined;
  /** Returns the entry for the repository, or for the nearest path above it. */
  entryOf(registry: string, repository: string): Credentials | undefined;
}

const entry = z.object({
  auth: z.nullish(z.string()),
  username: z.nullish(z.string()),
  password: z.nullish(z.string()),
  identitytoken: z.nullish(z.string()),
  registrytoken: z.nullish(z.string()),
});

const document = z.object({
  auths: z.nullish(z.record(z.string(), z.nullish(entry))),
  credHelpers: z.nullish(z.record(z.string(), z.string())),
  credsStore: z.nullish(z.string()),
});

type Entry = z.infer<typeof entry>;

/**
 * Reads a credential file of Docker or Podman. Returns undefined if it does not exist. Throws `config-invalid` without the content of the
 * file.
 */
export function readCredentialFile(path: string): CredentialFile | undefined {
  const text = read(path);
  if (text === undefined) return undefined;
  const { auths, credHelpers, credsStore } = parse(path, text);
  const entries = new Map(Object.entries(auths ?? {}).map(([key, value]) => [keyOf(key), value ?? {}]));
  const helpers = new Map(Object.entries(credHelpers ?? {}).map(([key, value]) => [keyOf(key), value]));
  return {
    path,
    helperOf: (registry) => helpers.get(registry) ?? (credsStore || undefined),
    entryOf(registry, repository) {
      for (const key of keysFor(registry, repository)) {
        const found = credentialsOf(path, key, entries.get(key));
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

function read(path: string): string | undefined {
  try {
    if (statSync(path).size > limits.credentialBytes) throw new Error('it is too large');
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ClairError('config-invalid', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Parses a credential file. The error omits the parser's message, which may contain a secret. */
function parse(path: string, text: string): z.infer<typeof document> {
  try {
    return z.parse(document, JSON.parse(text));
  } catch {
    throw new ClairError('config-invalid', `${path} is not a credential file of Docker or Podman`);
  }
}

/** Returns the host and path of a key. In old files keys are URLs: `https://index.docker.io/v1/` is the Docker Hub. */
function keyOf(rawKey: string): string {
  const withoutScheme = rawKey.replace(/^https?:\/\//, '');
  const isUrl = withoutScheme !== rawKey;
  const key = trimCharactersEnd(isUrl ? withoutScheme.replace(/\/v[12]\/?$/, '') : withoutScheme, '/');
  const slash = key.indexOf('/');
  const host = (slash < 0 ? key : key.slice(0, slash)).toLowerCase();
  const isHub = host === 'index.docker.io' || host === 'registry-1.docker.io';
  return `${isHub ? 'docker.io' : host}${slash < 0 ? '' : key.slice(slash)}`;
}

/** Returns the keys to look up: the repository, each path above it, and the registry. */
function keysFor(registry: string, repository: string): string[] {
  const parts = repository.split('/');
  const paths = parts.map((_, i) => `/${parts.slice(0, parts.length - i).join('/')}`);
  return [...paths.map((path) => `${registry}${path}`), registry];
}

function credentialsOf(path: string, key: string, found: Entry | undefined): Credentials | undefined {
  if (found === undefined) return undefined;
  if (found.identitytoken) return { kind: 'identity-token', token: found.identitytoken };
  if (found.registrytoken) return { kind: 'registry-token', token: found.registrytoken };
  if (found.username && found.password)
    return { kind: 'password', username: found.username, password: found.password };
  if (!found.auth) return undefined;
  const pair = Buffer.from(found.auth, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 1)
    throw new ClairError('config-invalid', `${path}: “auth” of ${key} is not a name and password in base64`);
  // Docker's own files may end the pair with NUL bytes.
  return {
    kind: 'password',
    username: pair.slice(0, colon),
    password: trimCharactersEnd(pair.slice(colon + 1), '\0'),
  };
}

/** Credentials for a registry. */
export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** A refresh token of OAuth 2, exchanged at the token endpoint. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** Sent to the registry unchanged. */
  | { readonly kind: 'registry-token'; readonly token: string };
