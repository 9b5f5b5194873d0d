import type { PurlParts } from './purl.ts';

/** A package URL taken apart. Its qualifiers have lower-case keys, and none is empty. */
export interface ParsedPurl extends PurlParts {
  readonly qualifiers: Readonly<Record<string, string>>;
}

/** A type, or the key of a qualifier: what purl-spec allows of ASCII. */
const typeForm = /^[a-z.-][a-z\d.-]*$/i;
const keyForm = /^[a-z._-][a-z\d._-]*$/i;

/**
 * Takes a package URL apart as purl-spec does it, from the right to the left; undefined for what is none. What types of their own
 * ask for, such as a name in lower case, is left to who knows the type.
 */
export function parsePurl(text: string): ParsedPurl | undefined {
  const [, rest] = /^pkg:\/*([^/].*)$/is.exec(text) ?? [];
  if (rest === undefined) return undefined;
  const [head, fragment] = splitAt(rest, rest.indexOf('#'));
  const [path, query] = splitAt(head, head.indexOf('?'));
  const [type = '', ...segments] = path.split('/');
  const [name, version] = splitVersion(segments.filter((segment) => segment !== '').pop() ?? '');
  const parts = {
    namespace: decodeSegments(segments.filter((segment) => segment !== '').slice(0, -1)),
    name: decode(name),
    version: decode(version ?? ''),
    qualifiers: qualifiersOf(query ?? ''),
    subpath: decodeSegments((fragment ?? '').split('/').filter((segment) => !/^\.{0,2}$/.test(segment))),
  };
  return typeForm.test(type) ? withoutEmpty(type.toLowerCase(), parts) : undefined;
}

type Decoded = Record<'namespace' | 'name' | 'version' | 'subpath', string | undefined> & {
  readonly qualifiers: Record<string, string> | undefined;
};

/** The parts, where all could be decoded and there is a name. */
function withoutEmpty(type: string, parts: Decoded): ParsedPurl | undefined {
  const { namespace, name, version, qualifiers, subpath } = parts;
  if (!name || namespace === undefined || version === undefined) return undefined;
  if (qualifiers === undefined || subpath === undefined) return undefined;
  return {
    type,
    ...(namespace !== '' && { namespace }),
    name,
    ...(version !== '' && { version }),
    qualifiers,
    ...(subpath !== '' && { subpath }),
  };
}

/** The two sides of the character at a position; the second is undefined where there is none. */
function splitAt(text: string, at: number): [before: string, after: string | undefined] {
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Of the last segment alone: a scope of npm that nobody encoded begins with the same character. */
function splitVersion(segment: string): [name: string, version: string | undefined] {
  return splitAt(segment, segment.lastIndexOf('@'));
}

function qualifiersOf(query: string): Record<string, string> | undefined {
  const qualifiers: [string, string][] = [];
  for (const pair of query.split('&')) {
    const [key, raw = ''] = splitAt(pair, pair.indexOf('='));
    const value = decode(raw);
    if (value === undefined || (key !== '' && !keyForm.test(key))) return undefined;
    if (key !== '' && value !== '') qualifiers.push([key.toLowerCase(), value]);
  }
  return Object.fromEntries(qualifiers);
}

function decodeSegments(segments: readonly string[]): string | undefined {
  const decoded = segments.map(decode);
  return decoded.includes(undefined) ? undefined : decoded.join('/');
}

function decode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
