import type { PurlParts } from './purl.ts';

/** Types whose namespaces and names are the same in upper and lower case, purl-spec "PURL-TYPES". */
const caseless: ReadonlySet<string> = new Set([
  'apk',
  'deb',
  'docker',
  'oci',
  'alpm',
  'github',
  'bitbucket',
  'pypi',
]);

/** The parts of a package URL, purl-spec; undefined where the text is none. A subpath is left out. */
export function readPurl(text: string): PurlParts | undefined {
  const [, rest = '', query = ''] = /^pkg:\/*([^?#]+)(?:\?([^#]*))?(?:#.*)?$/is.exec(text) ?? [];
  const [, type = '', path = '', version] = /^([a-z][a-z\d.+-]*)\/(.+?)(?:@([^@/]*))?$/is.exec(rest) ?? [];
  const segments = path.split('/').filter((segment) => segment !== '');
  try {
    const decoded = segments.map(decodeURIComponent);
    const name = decoded.pop();
    if (name === undefined) return undefined;
    const fold = caseless.has(type.toLowerCase())
      ? (word: string) => word.toLowerCase()
      : (word: string) => word;
    return {
      type: type.toLowerCase(),
      ...(decoded.length > 0 && { namespace: fold(decoded.join('/')) }),
      name: fold(name),
      ...(version && { version: decodeURIComponent(version) }),
      qualifiers: qualifiersOf(query),
    };
  } catch {
    return undefined; // a percent sign that encodes nothing
  }
}

function qualifiersOf(query: string): Record<string, string> {
  const pairs = query.split('&').flatMap((pair): [string, string][] => {
    const [, key = '', value = ''] = /^([^=]+)=(.+)$/s.exec(pair) ?? [];
    return key === '' ? [] : [[key.toLowerCase(), decodeURIComponent(value)]];
  });
  return Object.fromEntries(pairs);
}
