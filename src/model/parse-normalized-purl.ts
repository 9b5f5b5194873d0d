import { parsePurl } from './parse-purl.ts';
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

/** The parts of a package URL for comparing, where upper case is lower case if its type has it so; undefined for what is none. */
export function parseNormalizedPurl(text: string): PurlParts | undefined {
  const parts = parsePurl(text);
  if (parts === undefined || !caseless.has(parts.type)) return parts;
  const { namespace, name } = parts;
  return {
    ...parts,
    ...(namespace !== undefined && { namespace: namespace.toLowerCase() }),
    name: name.toLowerCase(),
  };
}
