import { isSetting, isSettingsTable, type SettingsSection } from '../core/setting.ts';

/** Minimum length, in characters, of a URL path that is masked. Webhook URLs have their secret in the path. */
const pathLengthMin = 16;

/** Returns all secrets of a configuration, each with the parts that are secret by themselves, for a redactor. */
export function secretsIn(values: Readonly<Record<string, unknown>>, settings: SettingsSection): string[] {
  return Object.entries(settings).flatMap(([key, entry]) => {
    const value = values[key];
    if (isSetting(entry)) return entry.isSecret ? stringsIn(value).flatMap(expandSecret) : [];
    if (!isSettingsTable(entry)) return secretsIn(value as Readonly<Record<string, unknown>>, entry);
    const things = Object.values(value as Readonly<Record<string, Readonly<Record<string, unknown>>>>);
    return things.flatMap((thing) => secretsIn(thing, entry.each));
  });
}

function stringsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'string' && value !== '' ? [value] : [];
}

/** Returns a secret and the parts of it that may appear without the rest. */
export function expandSecret(secret: string): string[] {
  return [secret, ...partsOfUrl(secret), ...partsOfPairs(secret), ...partsOfToken(secret)];
}

function partsOfUrl(secret: string): string[] {
  const url = URL.parse(secret);
  if (url === null || !secret.includes('://')) return [];
  const { protocol, password, pathname, search, searchParams } = url;
  // Names of databases and schemas are common words, which the log must not lose.
  if (/^postgres(?:ql)?:$/.test(protocol))
    return [password, decoded(password), ...searchParams.getAll('password')].filter((part) => part !== '');
  return [
    password,
    decoded(password),
    ...(pathname.length >= pathLengthMin ? [pathname] : []),
    ...(search === '' ? [] : [search.slice(1)]),
    ...searchParams.values(),
  ].filter((part) => part.length > 1 && !/^(?:true|false|disable|require|verify-(?:ca|full))$/.test(part));
}

/** Returns the values of headers (`name=value,name=value`) and of `password=…` in connection strings. */
function partsOfPairs(secret: string): string[] {
  const passwords = Array.from(
    secret.matchAll(/\bpassword\s*=\s*(?:'((?:\\.|[^'\\])*)'|(\S+))/g),
    ([, quoted, plain]) => quoted ?? plain ?? '',
  );
  const isHeaders = /^[\w-]+=/.test(secret) && !/\b(?:host|dbname|user)\s*=/.test(secret);
  const headers = isHeaders ? secret.split(',').map((pair) => pair.slice(pair.indexOf('=') + 1).trim()) : [];
  return [...passwords, ...headers, ...headers.map(decoded)];
}

/** Returns the SHA-256 in `scan:SUM:NAME`. */
function partsOfToken(secret: string): string[] {
  return /^\w+:([\da-f]{64})/i.exec(secret)?.slice(1) ?? [];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
